"""From numbers to verdicts: what comparisons of experiments allow us to say."""

from math import hypot
from typing import Literal

import numpy as np
import pandas as pd

from pixcycle.report.comparison import SMALLER_IS_BETTER, TITLES, with_spread
from pixcycle.report.content import Claim, Verdict
from pixcycle.report.values import Values

Order = Literal["better", "worse", "unclear"]

RULER = (
    "A claim holds if every comparison that it consists of comes out as it says, and does not hold if one comes out "
    "the other way; it is judged on the datasets that were run, and the others are named. It counts as not run while "
    "comparisons on a dataset that was run are missing and could still refute it. Over several seeds "
    "a difference inside their spread is not distinguishable; with a single seed no spread is known, and every "
    "difference counts, however small."
)

TREND = 0.8
"""Rank correlation of a loss with the epoch from which on we call it a trend (below -0.8: it falls)."""

NO_RUN = "Its runs are not part of this report."
NOT_FINITE = "{}: not judged, as its losses did not stay finite."


def compare(values: Values, first: str, second: str, metric: str) -> Order:
    """Whether the first experiment's metric is better; unclear inside the spread, the root of the summed variances."""
    difference = values.mean(first, metric) - values.mean(second, metric)
    spreads = [values.spread(e, metric) or 0.0 for e in (first, second)]
    if abs(difference) <= hypot(*spreads):
        return "unclear"
    return "better" if (difference < 0) == (metric in SMALLER_IS_BETTER) else "worse"


def verdict(orders: list[Order], complete: bool) -> Verdict:
    """Of a claim that says `better` in each comparison; complete: whether all of them could be made."""
    if "worse" in orders:
        return "does not hold"
    if not orders or not complete:
        return "not run"
    return "not distinguishable" if "unclear" in orders else "holds"


def verdict_of_seeds(agrees: list[bool]) -> Verdict:
    """Of a claim that each seed's run confirms or not; none is left where no run could be judged."""
    if not agrees:
        return "not run"
    return "holds" if all(agrees) else "not distinguishable" if any(agrees) else "does not hold"


def pairwise_claim(
    values: Values,
    id: str,
    text: str,
    chapter: str,
    datasets: tuple[str, ...],
    pairs: list[tuple[str, str]],
    metric: str,
) -> Claim:
    """A claim that on each dataset the first of each pair of experiments beats the second.

    Datasets of which no comparison was made are named in the evidence and leave the verdict to the others.
    """
    orders: list[Order] = []
    told, compared, unjudged, missing = [], [], [], []
    for dataset in datasets:
        ids = {name: f"{chapter}-{dataset}-{name}" for pair in pairs for name in pair}
        made = [(ids[a], ids[b]) for a, b in pairs if {ids[a], ids[b]} <= values.runs.keys()]
        if not made:
            unjudged.append(dataset)
            continue
        orders += [compare(values, first, second, metric) for first, second in made]
        missing += [ids[name] for name in ids if ids[name] not in values.runs]
        measured = [experiment for experiment in ids.values() if experiment in values.runs]
        compared += measured
        told.append(
            f"{TITLES[metric].split()[0]} on {title_of(values, dataset)}: {evidence(values, measured, metric)}."
        )
    told += values.collapses(*dict.fromkeys(compared))
    if missing:
        told.append(f"Not run: {', '.join(missing)}.")
    if told and unjudged:
        told.append(f"Not judged on {', '.join(unjudged)}.")
    return Claim(id, text, verdict(orders, not missing), " ".join(told) or NO_RUN, values.keys(*compared))


def is_finite(history: pd.DataFrame) -> bool:
    """Whether no loss ended as NaN or infinity, of which nothing can be said."""
    return bool(np.isfinite(history).all(axis=None))


def trend(history: pd.DataFrame, term: str) -> float:
    """Rank correlation of a loss's epoch means with the epoch, to six digits: its own rounding must not decide.

    0 for a loss that never changes, which has none. history: a finite one.
    """
    means = history.groupby("epoch", as_index=False)[term].mean()
    if means[term].nunique() < 2:
        return 0.0
    return round(float(means.corr("spearman").loc["epoch", term]), 6)


def evidence(values: Values, experiments: list[str], metric: str) -> str:
    """`L1 Loss 110.68, L2 loss 118.84`."""
    return ", ".join(f"{values.one(e).config.label} {with_spread(values, e, metric)}" for e in experiments)


def title_of(values: Values, dataset: str) -> str:
    """`maps`, or `maps (earth in its place)`."""
    stand_in = values.stand_ins.get(dataset)
    return f"{dataset} ({stand_in} in its place)" if stand_in else dataset
