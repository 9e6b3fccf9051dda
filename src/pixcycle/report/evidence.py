"""Sentences on comparisons of experiments, the evidence of claims; the compared values stand in their dot plots."""

from pixcycle.metrics.registry import SCORES
from pixcycle.report.values import Values
from pixcycle.report.verdicts import Order
from pixcycle.report.wording import listed

Compared = tuple[str, str, Order]
"""(first, second, order): whether the first experiment's metric is better than the second's."""


def comparison_sentence(values: Values, place: str, compared: list[Compared], metric: str) -> str:
    """Return `On maps, L1 (98.10) has a better FID than L2; it cannot be told from Patch 16.`

    Parameters
    ----------
    place
        Title of the dataset.
    compared
        At least one comparison.
    """
    subject, rivals = _around_one(compared)
    score = SCORES[metric].title
    if subject is None:
        return f"On {place}: {'; '.join(_pair(values, score, metric, *pair) for pair in compared)}."
    named: dict[Order, list[str]] = {"better": [], "worse": [], "unclear": []}
    for rival, order in rivals:
        named[order].append(_name(values, rival))
    parts = [
        f"{lead} {listed(named[order])}"
        for order, lead in (
            ("better", f"has a better {score} than"),
            ("worse", f"has a worse {score} than"),
            ("unclear", "cannot be told from"),
        )
        if named[order]
    ]
    return f"On {place}, {_with_value(values, subject, metric)} {'; it '.join(parts)}."


def _around_one(compared: list[Compared]) -> tuple[str | None, list[tuple[str, Order]]]:
    """Return the experiment that all others are compared with, if there is one, and its order to each of them."""
    opposite: dict[Order, Order] = {"better": "worse", "worse": "better", "unclear": "unclear"}
    firsts, seconds = {first for first, _, _ in compared}, {second for _, second, _ in compared}
    if len(firsts) == 1:
        return firsts.pop(), [(second, order) for _, second, order in compared]
    if len(seconds) == 1:
        return seconds.pop(), [(first, opposite[order]) for first, _, order in compared]
    return None, []


def _pair(values: Values, score: str, metric: str, first: str, second: str, order: Order) -> str:
    words = {"better": f"has a better {score} than", "worse": f"has a worse {score} than"}
    return f"{_with_value(values, first, metric)} {words.get(order, 'cannot be told from')} {_name(values, second)}"


def _with_value(values: Values, experiment: str, metric: str) -> str:
    return f"{_name(values, experiment)} ({values.with_spread(experiment, metric)})"


def _name(values: Values, experiment: str) -> str:
    return values.one(experiment).config.label or experiment
