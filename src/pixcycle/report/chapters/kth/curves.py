"""Claims b, c and g of report 003, on the losses of its Figure 8."""

import numpy as np
import pandas as pd

from pixcycle.report.chapters.kth.runs import CURVES, finished, weighted
from pixcycle.report.content import Claim
from pixcycle.report.draft import Draft
from pixcycle.report.evidence import conclusion, doubt
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
            f"Seed {run.seed}: of G's loss, the cycle terms (times λ) are {share['cycle']:.0%}, the adversarial ones "
            f"{share['adversarial']:.0%} and the identity terms {share['identity']:.0%}. The rank correlation of the "
            f"cycle terms with the epoch is {falls:+.2f}."
        )
    orders = [judge_margins(margin) for margin in zip(*margins, strict=True)]
    clauses = [
        ("the cycle terms are the largest part", "the cycle terms are not the largest part"),
        ("they fall steadily", "they do not fall steadily"),
    ]
    statements = [(*clause, order) for clause, order in zip(clauses, orders, strict=False)]
    sentences += conclusion(statements, doubt(len(margins)))
    rule = (
        "Shares are means over the logged losses. The cycle terms fall steadily if the rank correlation of their epoch "
        f"means with the epoch is at most -{TREND}."
    )
    return _on_curves(draft, id, text, orders, sentences, rule)


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
            sentences.append(f"Seed {run.seed}, D of {domain}: {numbers}.")
        judged = [judge_margins(margin) for margin in zip(*margins, strict=True)]
        orders += judged
        sentences += _settled(judged, len(margins)) if judged else []
    rule = (
        f"The later loss is the mean of the epochs after the first {EARLY:.0%}, ± the standard deviation of their "
        f"means. There is a drop if at most {RARE:.0%} of the losses logged in them are as high as the first one. It "
        f"is quick if at most {STABLE:.0%} of it is left in the second half of the first epoch, and the loss is stable "
        f"if the deviation is at most {STABLE:.0%} of the drop."
    )
    return _on_curves(draft, id, text, orders, sentences, rule)


def _settled(orders: list[Order], seeds: int) -> list[str]:
    """Return what the three orders of a D come to; without a drop the other two say nothing."""
    clauses = [
        ("this loss drops", f"this loss does not drop: over {RARE:.0%} of the later ones are as high as the first"),
        ("the drop is quick", "the drop is not quick"),
        ("it is stable afterwards", "it is not stable afterwards"),
    ]
    statements = [(*clause, order) for clause, order in zip(clauses, orders, strict=True)]
    return conclusion(statements[:1] if orders[0] == "worse" else statements, doubt(seeds))


def _drop(history: pd.DataFrame, judge: str) -> tuple[tuple[float, float, float], str]:
    """Return by how much a D's loss drops, drops quickly and stays stable (negative: does not), and its numbers."""
    later = later_means(history, judge)
    rows = history.loc[history["epoch"].isin(later.index), judge]
    in_first = history.loc[history["epoch"] == history["epoch"].iloc[0], judge]
    start, soon = in_first.iloc[0], in_first.iloc[len(in_first) // 2 :].mean()
    level, deviation = later.mean(), later.std(ddof=0)
    drop = start - level
    margins = (start - rows.quantile(1 - RARE), STABLE * drop - (soon - level), STABLE * drop - deviation)
    return margins, (
        f"the loss starts at {start:.3f}, is {soon:.3f} in the second half of epoch 1, and {level:.3f} ± "
        f"{deviation:.3f} later"
    )


def _adversarial_rises(draft: Draft) -> Claim:
    """Return claim g: G's adversarial terms rise from the first to the last third, by less than its total falls."""
    id, text = "kth-claim-g", "The adversarial loss of G rises slightly, while its total falls."
    orders: list[Order] = []
    rises, falls, sentences = [], [], []
    why_unclear = ""
    for run in finished(draft, CURVES):
        losses = _parts(weighted(draft.history(run), run.config))
        (begin, end), (total_begin, total_end) = (_ends(losses, term) for term in ("adversarial", "g"))
        rises.append(end.mean() - begin.mean())
        falls.append(total_begin.mean() - total_end.mean())
        half_widths = welch_half_width(begin, end), welch_half_width(total_begin, total_end)
        orders = [_order(rises[-1], half_widths[0]), _order(falls[-1], half_widths[1])]
        sentences.append(
            f"Seed {run.seed}: from the first to the last third of the epochs G's adversarial terms go from "
            f"{_course(begin, end, half_widths[0])}, its total from "
            f"{_course(total_begin, total_end, half_widths[1])}."
        )
        in_interval = np.isfinite(half_widths).all()
        why_unclear = "the difference lies within its interval" if in_interval else "so few epochs give no interval"
    if len(rises) > 1:
        orders, why_unclear = [judge_margins(rises), judge_margins(falls)], doubt(len(rises))
    clauses = [
        ("the adversarial terms rise", "the adversarial terms do not rise"),
        ("the total falls", "the total does not fall"),
    ]
    statements = [(*clause, order) for clause, order in zip(clauses, orders, strict=False)]
    sentences += conclusion(statements, why_unclear)
    rule = (
        f"Means of the first and the last third of the epochs after the first {EARLY:.0%}. A difference counts beyond "
        "its 95% interval, the ± in brackets, which is that over epochs; with several seeds it is that over these."
    )
    return _on_curves(draft, id, text, orders, sentences, rule)


def _course(begin: np.ndarray, end: np.ndarray, half_width: float) -> str:
    """Return `0.694 to 0.596 (± 0.034)`, with half the width of the difference's interval if there is one."""
    interval = f" (± {half_width:.3f})" if np.isfinite(half_width) else ""
    return f"{begin.mean():.3f} to {end.mean():.3f}{interval}"


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


def _on_curves(draft: Draft, id: str, text: str, orders: list[Order], sentences: list[str], rule: str) -> Claim:
    if CURVES not in draft:
        return draft.claim(id, text, "not run")
    evidence = [*sentences, f"These are the losses on {draft.data_of(CURVES)}."] if sentences else []
    return draft.claim(id, text, verdict(orders, complete=True), evidence, [CURVES], rule=rule)
