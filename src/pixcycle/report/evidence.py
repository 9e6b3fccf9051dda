"""Sentences that say what orders come to, the evidence of claims; many compared values stand in dot plots instead."""

from collections.abc import Mapping

from pixcycle.metrics.registry import SCORES
from pixcycle.paths import Direction
from pixcycle.report.values import Values
from pixcycle.report.verdicts import Order
from pixcycle.report.wording import listed

Compared = tuple[str, str, Order]
"""(first, second, order): whether the first experiment's metric is better than the second's."""
FEW = 3
"""Up to this many places are named; of more, the largest group is only counted."""


def comparison_sentence(
    values: Values,
    place: str,
    compared: list[Compared],
    metric: str,
    direction: Direction | None = None,
    names: Mapping[str, str] | None = None,
) -> str:
    """Return `On maps, L1 (98.10) has a better FID than L2; it cannot be told from Patch 16.`

    Parameters
    ----------
    place
        Title of the dataset.
    compared
        At least one comparison.
    direction
        The compared direction; by default the scored one.
    names
        Experiment -> its name; by default its label.
    """

    def name(experiment: str) -> str:
        return (names or {}).get(experiment) or values.one(experiment).config.label or experiment

    def with_value(experiment: str) -> str:
        return f"{name(experiment)} ({values.with_spread(experiment, metric, direction)})"

    score = _inside(SCORES[metric].title)
    words: dict[Order, str] = {
        "better": f"has a better {score} than",
        "worse": f"has a worse {score} than",
        "unclear": "cannot be told from",
    }
    subject, rivals = _around_one(compared)
    if subject is None:
        pairs = (f"{with_value(first)} {words[order]} {name(second)}" for first, second, order in compared)
        return f"On {place}: {'; '.join(pairs)}."
    parts = [
        f"{lead} {listed(named)}"
        for order, lead in words.items()
        if (named := [name(rival) for rival, its_order in rivals if its_order == order])
    ]
    return f"On {place}, {with_value(subject)} {'; it '.join(parts)}."


def doubt(seeds: int) -> str:
    """Return why something that was judged by so many seeds is unclear, as a clause."""
    return "the seeds differ too much" if seeds > 1 else "it is too close to call"


def conclusion(statements: list[tuple[str, str, Order]], why_unclear: str) -> list[str]:
    """Return `So it is clear at first, but it is not minimal later.`, then a sentence on what is unclear.

    Parameters
    ----------
    statements
        (clause if better, clause if worse, order).
    why_unclear
        Such as `doubt`.
    """
    told = [(yes if order == "better" else no, order) for yes, no, order in statements if order != "unclear"]
    doubted = [f"whether {yes}" for yes, _, order in statements if order == "unclear"]
    sentences = [f"So {contrasted(told)}."] if told else []
    return [*sentences, f"W{listed(doubted)[1:]} cannot be told, as {why_unclear}."] if doubted else sentences


def contrasted(clauses: list[tuple[str, Order]]) -> str:
    """Return `a and b, but c`: the clauses of the first one's order, then the others."""
    orders = dict.fromkeys(order for _, order in clauses)
    return ", but ".join(listed([clause for clause, its_order in clauses if its_order == order]) for order in orders)


def extents(words: dict[Order, str], judged: list[tuple[str, Order]], noun: str) -> list[str]:
    """Return a sentence for each order: `It fades in 7 of the 8 translations.`, `It does not fade in label → photo.`

    The largest group of more than FEW places is counted; all others are named.

    Parameters
    ----------
    words
        Order -> how its sentence begins.
    judged
        (place, order).
    noun
        What the places are, in the plural.
    """
    groups = {order: [place for place, its_order in judged if its_order == order] for order in words}
    largest, n = max(groups, key=lambda order: len(groups[order])), len(judged)
    sentences = []
    for order, places in groups.items():
        if n > 1 and len(places) == n:
            sentences.append(f"{words[order]} in {'both' if n == 2 else f'all {n}'} {noun}.")
        elif order == largest and len(places) > FEW:
            sentences.append(f"{words[order]} in {len(places)} of the {n} {noun}.")
        elif places:
            sentences.append(f"{words[order]} in {listed(places)}.")
    return sentences


def _around_one(compared: list[Compared]) -> tuple[str | None, list[tuple[str, Order]]]:
    """Return the experiment that all others are compared with, if there is one, and its order to each of them."""
    opposite: dict[Order, Order] = {"better": "worse", "worse": "better", "unclear": "unclear"}
    firsts, seconds = {first for first, _, _ in compared}, {second for _, second, _ in compared}
    if len(firsts) == 1:
        return firsts.pop(), [(second, order) for _, second, order in compared]
    if len(seconds) == 1:
        return seconds.pop(), [(first, opposite[order]) for first, _, order in compared]
    return None, []


def _inside(title: str) -> str:
    """Return a title as it stands inside a sentence: `pixel L1`, but `FID`."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]
