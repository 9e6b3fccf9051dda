"""Claims b, c and g of report 003, on the losses of its Figure 8."""

import numpy as np
import pandas as pd

from pixcycle.report.chapters.kth.runs import CURVES, finished, weighted
from pixcycle.report.content import Claim
from pixcycle.report.draft import Draft
from pixcycle.report.trends import EARLY, STABLE, TREND, later_means, trend
from pixcycle.report.verdicts import Order, judge_margins, verdict, welch_half_width

PARTS = {"cycle": "^cycle_", "adversarial": "_gan$", "identity": "^identity_"}
"""Part of G's loss -> pattern of the history columns that add up to it."""
RARE = 0.01
"""Fraction of the later logged losses of D that may be as high as the first one; it shows a drop if fewer are."""
ENDS = 1 / 3
"""Fraction of the epochs at either end of a training, without the EARLY ones, between which a slight rise is sought."""


def curve_claims(draft: Draft) -> list[Claim]:
    """Return claims b, c and g."""
    return [_cycle_dominates(draft), _judges_settle(draft), _adversarial_rises(draft)]


def _cycle_dominates(draft: Draft) -> Claim:
    """Return claim b: the cycle term's share of g, averaged over logged steps, is the largest; its epoch means fall."""
    id, text = "kth-claim-b", "The cycle term is the largest part of G's loss, and falls steadily."
    margins, sentences = [], []
    for run in finished(draft, CURVES):
        losses = _parts(weighted(draft.history(run), run.config))
        share = losses[list(PARTS)].mean() / losses["g"].mean()
        falls = trend(losses, "cycle")
        margins.append((share["cycle"] - max(share["adversarial"], share["identity"]), -TREND - falls))
        sentences.append(
            f"{run.key}: of G's loss the cycle terms, times λ, are {share['cycle']:.0%}, the identity terms "
            f"{share['identity']:.0%}, the adversarial ones {share['adversarial']:.0%}; rank correlation of the epoch "
            f"means with the epoch: cycle {falls:+.2f} (at most -{TREND} counts as a steady fall)."
        )
    return _on_curves(draft, id, text, [judge_margins(margin) for margin in zip(*margins, strict=True)], sentences)


def _judges_settle(draft: Draft) -> Claim:
    """Return claim c: each D's loss drops within the first epoch, and its later epoch means vary little."""
    id, text = "kth-claim-c", "The discriminators' losses stay stable after a quick drop."
    orders: list[Order] = []
    sentences = []
    for judge, domain in {"d_a": "summer", "d_b": "winter"}.items():
        margins = []
        for run in finished(draft, CURVES):
            margin, numbers = _drop(draft.history(run), judge)
            margins.append(margin)
            sentences.append(f"{run.key}, D of {domain}: {numbers}.")
        orders += [judge_margins(margin) for margin in zip(*margins, strict=True)]
    if sentences:
        sentences.append(
            f"The level is the mean of the epochs after a share of {EARLY}, ± the standard deviation of their means. "
            f"There is a drop if at most {RARE:.0%} of the losses logged in them are as high as the first one. It is "
            f"quick if at most {STABLE} of it is left in the second half of the first epoch, and the loss is stable if "
            f"the deviation is at most {STABLE} of the drop."
        )
    return _on_curves(draft, id, text, orders, sentences)


def _drop(history: pd.DataFrame, judge: str) -> tuple[tuple[float, float, float], str]:
    """Return by how much a D's loss drops, drops quickly and stays stable (negative: does not), and its numbers."""
    later = later_means(history, judge)
    rows = history.loc[history["epoch"].isin(later.index), judge]
    in_first = history.loc[history["epoch"] == history["epoch"].iloc[0], judge]
    start, soon = in_first.iloc[0], in_first.iloc[len(in_first) // 2 :].mean()
    level, deviation = later.mean(), later.std(ddof=0)
    drop = start - level
    margins = (start - rows.quantile(1 - RARE), STABLE * drop - (soon - level), STABLE * drop - deviation)
    settled = f"{level:.3f} ± {deviation:.3f}"
    return margins, f"{start:.3f} at first, {soon:.3f} in the second half of epoch 1, then {settled}"


def _adversarial_rises(draft: Draft) -> Claim:
    """Return claim g: G's adversarial terms rise from the first to the last third, by less than its total falls."""
    id, text = "kth-claim-g", "The adversarial loss of G rises slightly, while its total falls."
    orders: list[Order] = []
    rises, falls, sentences = [], [], []
    for run in finished(draft, CURVES):
        losses = _parts(weighted(draft.history(run), run.config))
        (begin, end), (total_begin, total_end) = (_ends(losses, term) for term in ("adversarial", "g"))
        rises.append(end.mean() - begin.mean())
        falls.append(total_begin.mean() - total_end.mean())
        half_width = welch_half_width(begin, end)
        orders = [_order(rises[-1], half_width), _order(falls[-1], welch_half_width(total_begin, total_end))]
        sentences.append(
            f"{run.key}: adversarial terms {begin.mean():.3f}, then {end.mean():.3f} (difference ± {half_width:.3f}), "
            f"total {total_begin.mean():.3f}, then {total_end.mean():.3f}."
        )
    if len(rises) > 1:
        orders = [judge_margins(rises), judge_margins(falls)]
    if sentences:
        sentences.append(
            f"Means of the first and the last third of the epochs after a share of {EARLY}; the interval is that over "
            "epochs or, with several seeds, over these."
        )
    return _on_curves(draft, id, text, orders, sentences)


def _order(difference: float, half_width: float) -> Order:
    """Judge a difference that must be positive; unclear inside its interval."""
    if not np.isfinite(half_width) or abs(difference) <= half_width:
        return "unclear"
    return "better" if difference > 0 else "worse"


def _ends(losses: pd.DataFrame, term: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the epoch means of a loss in the first and in the last third of the epochs, without the EARLY ones."""
    means = later_means(losses, term).to_numpy()
    third = max(1, round(ENDS * len(means)))
    return means[:third], means[-third:]


def _parts(losses: pd.DataFrame) -> pd.DataFrame:
    """Return losses with a column more for each of PARTS."""
    sums = {part: losses.filter(regex=columns).sum(axis=1) for part, columns in PARTS.items()}
    return losses.assign(**sums)


def _on_curves(draft: Draft, id: str, text: str, orders: list[Order], sentences: list[str]) -> Claim:
    if CURVES not in draft:
        return draft.claim(id, text, "not run")
    evidence = [f"On {draft.data_of(CURVES)}, whose losses are @kth-figure-8.", *sentences]
    return draft.claim(id, text, verdict(orders, complete=True), evidence, [CURVES])
