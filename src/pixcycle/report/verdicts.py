"""Verdicts on claims, derived from comparisons of experiments."""

from math import hypot
from typing import Literal

import numpy as np
import pandas as pd

from pixcycle.metrics.registry import SCORES
from pixcycle.report.content import Verdict
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
"""Smallest absolute rank correlation of a loss with the epoch that counts as a trend (-0.8 and below: it falls)."""

NO_RUN = "Its runs are not part of this report."
NOT_FINITE = "{}: not judged, as its losses did not stay finite."


def compare(values: Values, first: str, second: str, metric: str) -> Order:
    """Return whether the first experiment's metric is better; unclear within the spread, sqrt(var1 + var2)."""
    difference = values.mean(first, metric) - values.mean(second, metric)
    spreads = [values.spread(e, metric) or 0.0 for e in (first, second)]
    if abs(difference) <= hypot(*spreads):
        return "unclear"
    return "better" if difference * SCORES[metric].sign < 0 else "worse"


def verdict(orders: list[Order], complete: bool) -> Verdict:
    """Return the verdict on a claim that says `better` for each comparison.

    Parameters
    ----------
    complete
        Whether all comparisons could be made.
    """
    if "worse" in orders:
        return "does not hold"
    if not orders or not complete:
        return "not run"
    return "not distinguishable" if "unclear" in orders else "holds"


def verdict_of_seeds(agrees: list[bool]) -> Verdict:
    """Return the verdict on a claim that each seed's run confirms or not; without judged runs it is `not run`."""
    if not agrees:
        return "not run"
    return "holds" if all(agrees) else "not distinguishable" if any(agrees) else "does not hold"


def is_finite(history: pd.DataFrame) -> bool:
    """Return whether all losses are finite; a history with NaN or infinity cannot be judged."""
    return bool(np.isfinite(history).all(axis=None))


def trend(history: pd.DataFrame, term: str) -> float:
    """Return the rank correlation of a loss's epoch means with the epoch, to six digits: rounding must not decide.

    A constant loss has no rank correlation and gives 0. All values of `history` must be finite.
    """
    means = history.groupby("epoch", as_index=False)[term].mean()
    if means[term].nunique() < 2:
        return 0.0
    return round(float(means.corr("spearman").loc["epoch", term]), 6)
