"""Decisions that the page and the PDF share, so that both say the same."""

import re
from dataclasses import dataclass
from itertools import groupby

from pixcycle.report.content import Column, Table

MARKS = {"holds": "✓", "does not hold": "✗", "not distinguishable": "≈", "not run": "–"}
"""A sign for each verdict, for readers who do not see its colour."""

_LEGEND = {"published": "shaded: as published", "best": "bold: best of its column"}
_CAPTION_LEAD = re.compile(r"(?:Table|Figure) \d[^:]*:")


@dataclass(frozen=True)
class Heading:
    """A cell in the header of a table, which may span several columns (from `first` on) or rows."""

    text: str
    first: int
    columns: int
    rows: int
    numeric: bool


def header_rows(columns: list[Column]) -> list[list[Heading]]:
    """The header of a table: group over subgroup over title, neighbours with the same group under one heading.

    A column without groups has a title as high as the whole header.
    """
    paths = [[*filter(None, (column.group, column.subgroup)), column.title] for column in columns]
    depth = max(map(len, paths))
    return [_header_row(columns, paths, row, depth) for row in range(depth)]


def _header_row(columns: list[Column], paths: list[list[str]], row: int, depth: int) -> list[Heading]:
    def heading_of(i: int) -> tuple:
        is_group = row < len(paths[i]) - 1
        return (*paths[i][: row + 1], None if is_group else i)

    headings = []
    for _, neighbours in groupby(range(len(columns)), heading_of):
        first, *others = neighbours
        height = depth - row if row == len(paths[first]) - 1 else 1
        if row < len(paths[first]):
            headings.append(Heading(paths[first][row], first, 1 + len(others), height, columns[first].numeric))
    return headings


def group_starts(columns: list[Column]) -> list[bool]:
    """For each column, whether another group begins with it."""
    groups = [column.group for column in columns]
    return [i > 0 and group != groups[i - 1] for i, group in enumerate(groups)]


def caption_lead(caption: str) -> tuple[str, str]:
    """("Table 1 of the report:", " the rest"); the lead is empty when the caption does not begin with a number."""
    lead = _CAPTION_LEAD.match(caption)
    return (lead.group(), caption[lead.end() :]) if lead else ("", caption)


def legend(table: Table) -> str:
    """What the looks of a table's cells mean, as far as it has such cells."""
    kinds = {cell.kind for row in table.rows for cell in row}
    text = "; ".join(meaning for kind, meaning in _LEGEND.items() if kind in kinds)
    return f"{text[:1].upper()}{text[1:]}." if text else ""
