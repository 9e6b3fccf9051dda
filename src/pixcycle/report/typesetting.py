"""Decisions that the page and the PDF share, so that both say the same."""

import re
from dataclasses import dataclass, fields, is_dataclass, replace
from itertools import groupby
from typing import Any

from pixcycle.report.content import Claim, Column, Document, Runs, Section, Table, blocks_of, claims_of

MARKS = {"holds": "✓", "does not hold": "✗", "not distinguishable": "≈", "not run": "–"}
"""A sign for each verdict, for readers who do not see its colour."""

_LEGEND = {"published": "shaded: as published", "best": "bold: best of its column"}
FEW_RUNS = 4
"""As many runs are named in the open; the page folds more."""

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""What names may hold and no reader should get as it is: codes that terminals obey, that turn the direction of what
follows, or that SVG, PDF or UTF-8 cannot carry."""


@dataclass(frozen=True)
class Heading:
    """A cell in the header of a table: a group over its columns, from the `first` on, or a column's title."""

    text: str
    first: int
    columns: int
    rows: int
    is_group: bool
    numeric: bool


def header_rows(columns: list[Column]) -> list[list[Heading]]:
    """The titles of a table; with groups, a row of these above them, into which ungrouped titles reach up."""
    depth = 2 if any(column.group for column in columns) else 1
    upper, lower = [], []
    for _, neighbours in groupby(enumerate(columns), lambda place: place[1].group or place[0]):
        (first, column), *others = neighbours
        if not column.group:
            upper.append(Heading(column.title, first, 1, depth, is_group=False, numeric=column.numeric))
            continue
        upper.append(Heading(column.group, first, 1 + len(others), 1, is_group=True, numeric=False))
        for i, member in ((first, column), *others):
            lower.append(Heading(member.title, i, 1, 1, is_group=False, numeric=member.numeric))
    return [upper, lower][:depth]


def group_starts(columns: list[Column]) -> list[bool]:
    """For each column, whether another group begins with it."""
    groups = [column.group for column in columns]
    return [i > 0 and group != groups[i - 1] for i, group in enumerate(groups)]


def legend(table: Table) -> str:
    """What the looks of a table's cells mean, as far as it has such cells."""
    kinds = {cell.kind for row in table.rows for cell in row}
    text = "; ".join(meaning for kind, meaning in _LEGEND.items() if kind in kinds)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def anchor(key: str) -> str:
    """The id of a run's entry."""
    return f"run-{key.replace('/', '-')}"


def run_keys(document: Document) -> set[str]:
    """The runs that the document has an entry of; others are named without a link."""
    return {entry.key for block in blocks_of(document.sections, Runs) for entry in block.entries}


def commits(document: Document) -> dict[str, str]:
    """Key of a run that the document has an entry of -> commit of the code that trained it."""
    blocks = blocks_of(document.sections, Runs)
    return {entry.key: dict(entry.facts)["Commit"] for block in blocks for entry in block.entries}


def verdicts(document: Document) -> list[tuple[Section, list[Claim]]]:
    """The chapters that have claims, with all of these."""
    found: list[tuple[Section, list[Claim]]] = []
    for section in document.sections:
        if section.level == 1:
            found.append((section, []))
        found[-1][1].extend(claims_of([section]))
    return [(chapter, claims) for chapter, claims in found if claims]


def by_experiment(keys: list[str]) -> list[list[tuple[str, str]]]:
    """(text, key) of each run, an experiment at a time: `l1/0, 1, 2` for its three seeds."""
    together = [list(seeds) for _, seeds in groupby(keys, lambda key: key.rpartition("/")[0])]
    return [[(key if i == 0 else key.rpartition("/")[2], key) for i, key in enumerate(seeds)] for seeds in together]


def tally(keys: list[str]) -> str:
    """`6 runs of 2 experiments`."""
    runs, experiments = len(keys), len(by_experiment(keys))
    return f"{runs} run{'s' * (runs > 1)} of {experiments} experiment{'s' * (experiments > 1)}"


def visible(part: Any) -> Any:
    """A text, or all texts in a Document, a block or a collection, with escapes in place of codes that are not seen."""
    if isinstance(part, str):
        return _UNSEEN.sub(lambda code: code[0].encode("unicode_escape").decode(), part)
    if is_dataclass(part):
        return replace(part, **{field.name: visible(getattr(part, field.name)) for field in fields(part)})
    if isinstance(part, dict):
        return {visible(key): visible(value) for key, value in part.items()}
    return type(part)(map(visible, part)) if isinstance(part, list | tuple) else part
