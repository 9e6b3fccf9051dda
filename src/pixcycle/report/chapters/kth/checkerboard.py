"""Claims a and d of report 003 on the checkerboard, and its proposal for future work that would remove it."""

from statistics import mean

import numpy as np

from pixcycle.paths import TARGET
from pixcycle.plan.runs import Run
from pixcycle.report.chapters.kth.runs import (
    CITY,
    DECONVOLUTION,
    RESIZE,
    RUNS,
    energies,
    finished,
    real_energy,
)
from pixcycle.report.content import Claim
from pixcycle.report.dot_plot import Dot, DotPlot
from pixcycle.report.draft import Draft
from pixcycle.report.drawing.samples import Album
from pixcycle.report.evidence import conclusion, doubt, extents
from pixcycle.report.quality import task_of
from pixcycle.report.verdicts import Order, compare, judge_limits, verdict

STRONG = 0.01
"""Minimum excess of checkerboard energy over real images for a strong pattern: its amplitude, the square root of the
energy, is a tenth of the image's contrast (standard deviation)."""
FADED = 0.5
"""Maximum fraction of the excess energy after the first sampled epoch that a faded pattern has at the end."""
MINIMAL = 0.1
"""The same for a pattern that is minimal, whose amplitude is a third of what it was."""
GONE = 0.001
"""Maximum excess of energy over real images for an invisible pattern: an amplitude of 3 % of the contrast."""
FIRST, HALFWAY = 1, 50
"""Epochs of the report between which the checkerboard of generated photos becomes minimal."""
ENERGY = (
    "Checkerboard energy is the share of an image's energy at the frequencies of the pattern that deconvolutions "
    "leave: 1 for an image that repeats every 2 or 4 pixels, about 0 for photographs. The excess is the mean energy of "
    "{} above that of real ones."
)
STRENGTH: dict[Order, str] = {
    "better": "The pattern is strong after the first sampled epoch",
    "worse": "The pattern is not strong after the first sampled epoch",
    "unclear": "It cannot be told whether the pattern is strong after the first sampled epoch",
}
FADING: dict[Order, str] = {
    "better": "It fades",
    "worse": "It does not fade",
    "unclear": "It cannot be told whether the pattern fades",
}


def checkerboard_claims(draft: Draft) -> list[Claim]:
    """Return claims a and d, and the proposal."""
    return [_fades(draft), _is_minimal(draft), _resize_helps(draft)]


def _fades(draft: Draft) -> Claim:
    """Return claim a: for each run and direction, strong after the first sampled epoch and faded after the last."""
    id, text = "kth-claim-a", "The checkerboard is strong after the first epoch, and fades."
    strong: list[tuple[str, Order]] = []
    faded: list[tuple[str, Order]] = []
    dots, reals = [], []
    judged = {experiment: runs for experiment in RUNS if (runs := finished(draft, experiment))}
    if not judged:
        return draft.claim(id, text, "not run", [], draft.present(RUNS))
    for experiment, runs in judged.items():
        for direction in TARGET:
            task = task_of(draft, experiment, direction)
            measured = np.array([_first_last_real(draft, run, direction) for run in runs])
            at_first, later = _judge(measured, FADED)
            strong.append((task, at_first))
            faded.append((task, later))
            first, last, real = measured.mean(axis=0)
            dots.append(Dot(task, last, f"{last:z.4f}", reference=first, shown_reference=f"{first:z.4f}"))
            reals.append(real)
    rule = (
        f"{ENERGY.format('the sampled test images')} Real ones have {min(reals):z.4f} to {max(reals):z.4f}. The "
        f"pattern is strong if the excess after the first sampled epoch is at least {STRONG}, and fades if at most "
        f"{FADED:.0%} of it is left after the last."
    )
    marks = ("last", "first")
    return draft.claim(
        id,
        text,
        verdict([order for _, order in (*strong, *faded)], complete=True),
        [*extents(STRENGTH, strong, "translations"), *extents(FADING, faded, "translations")],
        draft.present(RUNS),
        [experiment for experiment in RUNS if experiment not in judged],
        rule=rule,
        plots=[DotPlot("Checkerboard energy after the sampled epochs", dots, marks)],
    )


def _is_minimal(draft: Draft) -> Claim:
    """Return claim d: from label to photo, strong after epoch 1 and minimal after epoch 50 of the report's 100."""
    id = "kth-claim-d"
    text = f"From label to photo the checkerboard is clear after epoch {FIRST}, and minimal after epoch {HALFWAY}."
    runs = finished(draft, CITY)
    if not runs:
        return draft.claim(id, text, "not run", [], draft.present([CITY]))
    direction = draft.one(CITY).config.direction
    epochs = [Album(draft, CITY, direction).epoch_like(published) for published in (FIRST, HALFWAY)]
    measured = np.array(
        [[*energies(draft, run, direction)[epochs], real_energy(draft, run, direction)] for run in runs]
    )
    clear, minimal = _judge(measured, MINIMAL)
    first, later, real = measured.mean(axis=0)
    evidence = [
        f"On {draft.data_of(CITY)} the checkerboard energy of generated photos is {first:z.4f} after epoch {epochs[0]} "
        f"and {later:z.4f} after epoch {epochs[1]} of {draft.one(CITY).config.epochs}; that of real photos is "
        f"{real:z.4f}."
    ]
    if first > real:
        evidence.append(f"Of the excess over real photos {max(0, later - real) / (first - real):.0%} is left.")
    evidence += conclusion(
        [
            ("the pattern is clear at first", "the pattern is not clear at first", clear),
            ("it is minimal later", "it is not minimal later", minimal),
        ],
        doubt(len(runs)),
    )
    rule = (
        f"{ENERGY.format('the sampled test images')} The pattern is clear if the excess after epoch {epochs[0]} is at "
        f"least {STRONG}, and minimal if at most {MINIMAL:.0%} of it is left after epoch {epochs[1]}. As a fraction of "
        f"the training, that is the sampled epoch nearest to the report's epoch {HALFWAY}."
    )
    return draft.claim(id, text, verdict([clear, minimal], complete=True), evidence, [CITY], rule=rule)


def _judge(measured: np.ndarray, left: float) -> tuple[Order, Order]:
    """Return whether a pattern is strong at first, and whether it is weak later.

    Parameters
    ----------
    measured
        (seeds, 3) energies of early, of later and of real images.
    left
        Maximum fraction of the excess energy that a weak pattern has later.
    """
    first, last = measured[:, 0] - measured[:, 2], measured[:, 1] - measured[:, 2]
    strong, weak = [(excess, STRONG) for excess in first], list(zip(left * first, last, strict=True))
    return judge_limits(strong), judge_limits(weak)


def _resize_helps(draft: Draft) -> Claim:
    """Return the proposal: its final energy is lower than the deconvolution's and close to that of real images."""
    id = "kth-claim-resize"
    text = (
        "Resize-convolution in place of deconvolution removes the checkerboard. (The report's proposal for future "
        "work, not a claim of its own.)"
    )
    pair = [RESIZE, DECONVOLUTION]
    if missing := draft.missing(pair):
        return draft.claim(id, text, "not run", [f"Not run: {', '.join(missing)}.", *draft.collapses(*pair)])
    if draft.collapses(*pair):
        return draft.claim(id, text, "not run", [], pair)
    direction = draft.one(RESIZE).config.direction
    reals = [real_energy(draft, run, direction) for run in draft.runs[RESIZE]]
    left = [e - real for e, real in zip(draft.seeds_of(RESIZE, "checkerboard"), reals, strict=True)]
    lower = compare(draft, *pair, "checkerboard")
    gone = judge_limits([(GONE, excess) for excess in left])
    energy, fid = ([draft.with_spread(experiment, metric) for experiment in pair] for metric in ("checkerboard", "fid"))
    evidence = [
        f"For {task_of(draft, RESIZE, direction)} on {draft.title_of('horse2zebra')} the checkerboard energy is "
        f"{energy[0]} with resize-convolution and {energy[1]} with deconvolution; that of real images is "
        f"{mean(reals):z.4f}.",
        *conclusion(
            [
                (
                    "with resize-convolution the pattern is too weak to see",
                    "with resize-convolution the pattern is strong enough to see",
                    gone,
                ),
                ("it is weaker than with deconvolution", "it is stronger than with deconvolution", lower),
            ],
            doubt(len(reals)),
        ),
        f"The FID is {fid[0]} with resize-convolution and {fid[1]} with deconvolution.",
    ]
    rule = (
        f"{ENERGY.format('all test images after the training')} The pattern is too weak to see if the excess is at "
        f"most {GONE}. The FID decides nothing here."
    )
    return draft.claim(id, text, verdict([lower, gone], complete=True), evidence, pair, rule=rule)


def _first_last_real(draft: Draft, run: Run, direction: str) -> tuple[float, float, float]:
    series = energies(draft, run, direction)
    return series.iloc[0], series.iloc[-1], real_energy(draft, run, direction)
