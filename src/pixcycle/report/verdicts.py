"""From numbers to verdicts: what a comparison of two experiments allows us to say."""

from math import hypot
from typing import Literal

from pixcycle.report.comparison import SMALLER_IS_BETTER, with_spread
from pixcycle.report.content import Verdict
from pixcycle.report.values import Values

Order = Literal["better", "worse", "unclear"]


def compare(values: Values, first: str, second: str, metric: str) -> Order:
    """Whether the first experiment's metric is better. Over several seeds a difference inside the spread
    (the root of the summed variances) is unclear; with one seed no spread is known, and every difference counts."""
    difference = values.mean(first, metric) - values.mean(second, metric)
    spreads = [values.spread(e, metric) or 0.0 for e in (first, second)]
    if abs(difference) <= hypot(*spreads):
        return "unclear"
    return "better" if (difference < 0) == (metric in SMALLER_IS_BETTER) else "worse"


def verdict(orders: list[Order]) -> Verdict:
    """Of a claim that says `better` in each comparison: one `worse` refutes it, one `unclear` leaves it open."""
    if not orders:
        return "not run"
    if "worse" in orders:
        return "does not hold"
    return "not distinguishable" if "unclear" in orders else "holds"


def evidence(values: Values, experiments: list[str], metric: str) -> str:
    """`L1 Loss 110.68, L2 loss 118.84`."""
    return ", ".join(f"{values.one(e).config.label} {with_spread(values, e, metric)}" for e in experiments)
