"""The three claims of report 003 and its proposal for future work."""

from collections.abc import Sequence
from statistics import mean

import numpy as np

from pixcycle.paths import TARGET
from pixcycle.plan.runs import Run
from pixcycle.report.chapters.kth.runs import CURVES, DECONVOLUTION, RESIZE, RUNS, energies, real_energy, weighted
from pixcycle.report.content import Claim
from pixcycle.report.draft import Draft
from pixcycle.report.quality import task_of
from pixcycle.report.trends import TREND, trend
from pixcycle.report.verdicts import Order, compare, half_width_over_seeds, verdict

STRONG = 0.01
"""Minimum excess of checkerboard energy over real images for a strong pattern: its amplitude, the square root of the
energy, is a tenth of the image's contrast (standard deviation)."""
FADED = 0.5
"""Maximum fraction of the excess energy after the first sampled epoch that a faded pattern has at the end."""
GONE = 0.001
"""Maximum excess of energy over real images for an invisible pattern: an amplitude of 3 % of the contrast."""

SHOWN_IN = {
    "kth-claim-a": ("kth-checkerboard",),
    "kth-claim-b": ("kth-figure-8",),
    "kth-claim-c": ("kth-figure-8",),
    "kth-claim-resize": ("kth-quality", "kth-checkerboard"),
}

PARTS = {"cycle": "^cycle_", "adversarial": "_gan$", "identity": "^identity_"}
"""Part of G's loss -> pattern of the history columns that add up to it."""

EARLY = 0.1
"""Fraction of the epochs, at least one, in which D's losses may drop."""
STABLE = 0.25
"""Maximum standard deviation of the later epoch means of a stable loss, as a fraction of its drop. A steady fall to the
end has nearly a half."""


def claims(draft: Draft) -> list[Claim]:
    """Return claims a to c and the proposal."""
    return [_checkerboard_fades(draft), _cycle_dominates(draft), _judges_settle(draft), _resize_helps(draft)]


def _checkerboard_fades(draft: Draft) -> Claim:
    """Return claim a: for each run and direction, strong after the first sampled epoch and faded after the last."""
    id, text = "kth-claim-a", "The checkerboard is strong after the first epoch, and fades."
    orders: list[Order] = []
    results, judged = [], []
    for experiment in RUNS:
        finished = _finished(draft, experiment)
        if finished:
            judged.append(experiment)
        for direction in TARGET if finished else ():
            measured = np.array([_first_last_real(draft, run, direction) for run in finished])
            first, last = measured[:, 0] - measured[:, 2], measured[:, 1] - measured[:, 2]
            orders_found = {"strong": _order(first - STRONG), "faded": _order(FADED * first - last)}
            orders += orders_found.values()
            numbers = ", ".join(f"{energy:z.4f}" for energy in measured.mean(axis=0))
            doubts = {"better": "", "unclear": ", perhaps {}", "worse": ", not {}"}
            doubted = "".join(doubts[order].format(word) for word, order in orders_found.items())
            results.append(f"{task_of(draft, experiment, direction)} {numbers}{doubted}")
    if not results:
        return draft.claim(id, text, "not run", [], draft.present(RUNS))
    evidence = [
        "Energy of the sampled test images after the first and the last sampled epoch, and of real ones: "
        f"{'; '.join(results)}.",
        f"Above that of real images, {STRONG} counts as strong, and a share of {FADED} left at the end as faded.",
    ]
    unjudged = [experiment for experiment in RUNS if experiment not in judged]
    return draft.claim(id, text, verdict(orders, complete=True), evidence, draft.present(RUNS), unjudged)


def _cycle_dominates(draft: Draft) -> Claim:
    """Return claim b: the cycle term's share of g, averaged over logged steps, is the largest; its epoch means fall."""
    id, text = "kth-claim-b", "The cycle term is the largest part of G's loss, and falls steadily."
    margins, sentences = [], []
    for run in _finished(draft, CURVES):
        losses = weighted(draft.history(run), run.config)
        for part, columns in PARTS.items():
            losses[part] = losses.filter(regex=columns).sum(axis=1)
        share = losses[list(PARTS)].mean() / losses["g"].mean()
        falls, adversarial = trend(losses, "cycle"), trend(losses, "adversarial")
        margins.append((share["cycle"] - max(share["adversarial"], share["identity"]), -TREND - falls))
        sentences.append(
            f"{run.key}: of G's loss the cycle terms, times λ, are {share['cycle']:.0%}, the identity terms "
            f"{share['identity']:.0%}, the adversarial ones {share['adversarial']:.0%}; rank correlation of the epoch "
            f"means with the epoch: cycle {falls:+.2f} (at most -{TREND} counts as a steady fall), adversarial "
            f"{adversarial:+.2f}, of which the report says that it slightly increases."
        )
    return _on_curves(draft, id, text, [_order(margin) for margin in zip(*margins, strict=True)], sentences)


def _judges_settle(draft: Draft) -> Claim:
    """Return claim c: per discriminator, the first epoch mean is the highest, and those after EARLY vary little."""
    id, text = "kth-claim-c", "The discriminators' losses stay stable after a quick drop."
    orders: list[Order] = []
    sentences = []
    for judge, domain in {"d_a": "summer", "d_b": "winter"}.items():
        margins = []
        for run in _finished(draft, CURVES):
            means = draft.history(run).groupby("epoch")[judge].mean()
            later = means.iloc[max(1, round(EARLY * len(means))) :]
            first, level, deviation = means.iloc[0], later.mean(), later.std(ddof=0)
            margins.append((first - means.iloc[1:].max(), STABLE * (first - level) - deviation))
            sentences.append(
                f"{run.key}, D of {domain}: {first:.3f} in the first epoch, then {level:.3f} ± {deviation:.3f}."
            )
        orders += [_order(margin) for margin in zip(*margins, strict=True)]
    if sentences:
        sentences.append(
            f"These are epoch means, and their mean ± standard deviation after a share of {EARLY} of the epochs; the "
            f"first must be the highest, and the deviation at most {STABLE} of the drop."
        )
    return _on_curves(draft, id, text, orders, sentences)


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
    orders = [compare(draft, *pair, "checkerboard"), _order([GONE - excess for excess in left])]
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


def _finished(draft: Draft, experiment: str) -> list[Run]:
    """Return the runs of an experiment that did not collapse; a collapsed run allows no further statement."""
    return [run for run in draft.runs.get(experiment, []) if draft.records[run.key].status == "finished"]


def _on_curves(draft: Draft, id: str, text: str, orders: list[Order], sentences: list[str]) -> Claim:
    if CURVES not in draft:
        return draft.claim(id, text, "not run")
    evidence = [f"On {draft.data_of(CURVES)}, whose losses are @kth-figure-8.", *sentences]
    return draft.claim(id, text, verdict(orders, complete=True), evidence, [CURVES])


def _order(margins: Sequence[float]) -> Order:
    """Judge numbers, one per seed, that must not be negative; unclear if their 95% t-interval has 0."""
    if len(margins) > 1 and abs(mean(margins)) <= half_width_over_seeds(margins):
        return "unclear"
    return "better" if mean(margins) >= 0 else "worse"
