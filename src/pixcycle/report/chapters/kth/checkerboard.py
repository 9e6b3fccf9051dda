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
from pixcycle.report.draft import Draft
from pixcycle.report.drawing.samples import Album
from pixcycle.report.quality import task_of
from pixcycle.report.verdicts import Order, compare, judge_margins, verdict

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
DOUBTS = {"better": "", "unclear": ", perhaps {}", "worse": ", not {}"}


def checkerboard_claims(draft: Draft) -> list[Claim]:
    """Return claims a and d, and the proposal."""
    return [_fades(draft), _is_minimal(draft), _resize_helps(draft)]


def _fades(draft: Draft) -> Claim:
    """Return claim a: for each run and direction, strong after the first sampled epoch and faded after the last."""
    id, text = "kth-claim-a", "The checkerboard is strong after the first epoch, and fades."
    orders: list[Order] = []
    results, judged = [], []
    for experiment in RUNS:
        runs = finished(draft, experiment)
        if runs:
            judged.append(experiment)
        for direction in TARGET if runs else ():
            measured = np.array([_first_last_real(draft, run, direction) for run in runs])
            found, numbers = _judge(measured, FADED, "faded")
            orders += found
            results.append(f"{task_of(draft, experiment, direction)} {numbers}")
    if not results:
        return draft.claim(id, text, "not run", [], draft.present(RUNS))
    evidence = [
        "Energy of the sampled test images after the first and the last sampled epoch, and of real ones: "
        f"{'; '.join(results)}.",
        f"Above that of real images, {STRONG} counts as strong, and a share of {FADED} left at the end as faded.",
    ]
    unjudged = [experiment for experiment in RUNS if experiment not in judged]
    return draft.claim(id, text, verdict(orders, complete=True), evidence, draft.present(RUNS), unjudged)


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
    orders, numbers = _judge(measured, MINIMAL, "minimal")
    evidence = [
        f"Energy of the sampled test images on {draft.data_of(CITY)} after epochs {epochs[0]} and {epochs[1]} of "
        f"{draft.one(CITY).config.epochs}, and of real photos: {numbers}.",
        f"Above that of real photos, {STRONG} counts as strong, and a share of {MINIMAL} left as minimal.",
    ]
    return draft.claim(id, text, verdict(orders, complete=True), evidence, [CITY])


def _judge(measured: np.ndarray, left: float, word: str) -> tuple[list[Order], str]:
    """Return whether a pattern is strong at first and weak later, and the mean energies with doubts about either.

    Parameters
    ----------
    measured
        (seeds, 3) energies of early, of later and of real images.
    left
        Maximum fraction of the excess energy that a pattern described by `word` has later.
    """
    first, last = measured[:, 0] - measured[:, 2], measured[:, 1] - measured[:, 2]
    orders = {"strong": judge_margins(first - STRONG), word: judge_margins(left * first - last)}
    numbers = ", ".join(f"{energy:z.4f}" for energy in measured.mean(axis=0))
    return [*orders.values()], numbers + "".join(DOUBTS[order].format(doubted) for doubted, order in orders.items())


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
    orders = [compare(draft, *pair, "checkerboard"), judge_margins([GONE - excess for excess in left])]
    results = "; ".join(
        f"{name} {draft.with_spread(experiment, 'checkerboard')} (FID {draft.with_spread(experiment, 'fid')})"
        for name, experiment in zip(("resize-convolution", "deconvolution"), pair, strict=True)
    )
    evidence = [
        f"Checkerboard energy of {task_of(draft, RESIZE, direction)}, {draft.title_of('horse2zebra')}: {results}; "
        f"real images {mean(reals):z.4f}. At most {GONE} above those counts as removed; the FID, smaller is better, "
        "decides nothing here."
    ]
    return draft.claim(id, text, verdict(orders, complete=True), evidence, pair)


def _first_last_real(draft: Draft, run: Run, direction: str) -> tuple[float, float, float]:
    series = energies(draft, run, direction)
    return series.iloc[0], series.iloc[-1], real_energy(draft, run, direction)
