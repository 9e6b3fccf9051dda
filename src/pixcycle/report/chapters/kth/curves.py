"""Claims b, c and g of report 003, on the losses of its Figure 8."""

from math import hypot
from statistics import mean

import pandas as pd

from pixcycle.report.chapters.kth.runs import CURVES, finished, weighted
from pixcycle.report.content import Claim
from pixcycle.report.draft import Draft
from pixcycle.report.evidence import conclusion, doubt
from pixcycle.report.trends import EARLY, STABLE, TREND, later_means, trend
from pixcycle.report.verdicts import Condition, Order, judge_limits, verdict, welch_half_width

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
    conditions, sentences = [], []
    for run in finished(draft, CURVES):
        losses = _parts(weighted(draft.history(run), run.config))
        share = losses[list(PARTS)].mean() / losses["g"].mean()
        falls = trend(losses, "cycle")
        conditions.append([(share["cycle"], max(share["adversarial"], share["identity"])), (-falls, TREND)])
        sentences.append(
            f"Seed {run.seed}: of G's loss, the cycle terms (times λ) are {share['cycle']:.0%}, the adversarial ones "
            f"{share['adversarial']:.0%} and the identity terms {share['identity']:.0%}. The rank correlation of the "
            f"cycle terms with the epoch is {falls:+.2f}."
        )
    orders = [judge_limits(of_seeds) for of_seeds in zip(*conditions, strict=True)]
    clauses = [
        ("the cycle terms are the largest part", "the cycle terms are not the largest part"),
        ("they fall steadily", "they do not fall steadily"),
    ]
    statements = [(*clause, order) for clause, order in zip(clauses, orders, strict=False)]
    sentences += conclusion(statements, doubt(len(conditions)))
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
        conditions = []
        for run in finished(draft, CURVES):
            reached, numbers = _drop(draft.history(run), judge)
            conditions.append(reached)
            sentences.append(f"Seed {run.seed}, D of {domain}: {numbers}.")
        judged = [judge_limits(of_seeds) for of_seeds in zip(*conditions, strict=True)]
        orders += judged
        sentences += _settled(judged, len(conditions)) if judged else []
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


def _drop(history: pd.DataFrame, judge: str) -> tuple[list[Condition], str]:
    """Return the conditions that a D's loss drops, does so quickly and stays stable, and its numbers."""
    later = later_means(history, judge)
    rows = history.loc[history["epoch"].isin(later.index), judge]
    in_first = history.loc[history["epoch"] == history["epoch"].iloc[0], judge]
    start, soon = in_first.iloc[0], in_first.iloc[len(in_first) // 2 :].mean()
    level, deviation = later.mean(), later.std(ddof=0)
    drop = start - level
    conditions = [(start, rows.quantile(1 - RARE)), (STABLE * drop, soon - level), (STABLE * drop, deviation)]
    return conditions, (
        f"the loss starts at {start:.3f}, is {soon:.3f} in the second half of epoch 1, and {level:.3f} ± "
        f"{deviation:.3f} later"
    )


def _adversarial_rises(draft: Draft) -> Claim:
    """Return claim g: G's adversarial terms rise from the first to the last third, by less than its total falls."""
    id, text = "kth-claim-g", "The adversarial loss of G rises slightly, while its total falls."
    conditions, sentences = [], []
    within = (0.0, 0.0, 0.0)
    for run in finished(draft, CURVES):
        losses = _parts(weighted(draft.history(run), run.config))
        ends = [_ends(losses, term) for term in ("adversarial", "g")]
        (begin, end), (total_begin, total_end) = ([mean(third) for third in thirds] for thirds in ends)
        conditions.append([(end, begin), (total_begin, total_end), (total_begin - total_end, end - begin)])
        of_terms = [welch_half_width(*thirds) for thirds in ends]
        within = (*of_terms, hypot(*of_terms))
        sentences.append(
            f"Seed {run.seed}: from the first to the last third of the epochs G's adversarial terms go from "
            f"{begin:.3f} to {end:.3f}, its total from {total_begin:.3f} to {total_end:.3f}."
        )
    orders = [
        judge_limits(of_seeds, spread) for of_seeds, spread in zip(zip(*conditions, strict=True), within, strict=False)
    ]
    clauses = [
        ("the adversarial terms rise", "the adversarial terms do not rise"),
        ("the total falls", "the total does not fall"),
        ("they rise by less than it falls", "they rise by more than it falls"),
    ]
    statements = [(*clause, order) for clause, order in zip(clauses, orders, strict=False)]
    comparable = "worse" not in orders[:2]
    sentences += conclusion(statements if comparable else statements[:2], doubt(len(conditions)))
    rule = (
        f"Means of the first and the last third of the epochs after the first {EARLY:.0%}, with the interval over "
        "epochs. The rise is slight if it is smaller than the fall of the total."
    )
    return _on_curves(draft, id, text, orders, sentences, rule)


def _ends(losses: pd.DataFrame, term: str) -> tuple[list[float], list[float]]:
    """Return the epoch means of a loss in the first and in the last third of the epochs, without the EARLY ones."""
    means = later_means(losses, term).tolist()
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
