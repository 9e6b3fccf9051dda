"""What a report says, free of how it looks: the HTML page and the PDF are two drawings of one Document.

Its texts may mention its sections, tables, figures, claims and references by id, as `@ucsd-table-1` (mentions.py).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

from pixcycle.errors import UserError

_NO_NUMBER = re.compile(r"\b(nan|inf)\b", re.IGNORECASE)

Verdict = Literal["holds", "does not hold", "not distinguishable", "not run"]


@dataclass(frozen=True)
class Notice:
    """A warning at the top: what this report must not be taken for."""

    title: str
    text: str


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list; an item's lead is set apart from its text."""

    items: list[tuple[str, str]]


@dataclass(frozen=True)
class Column:
    """A column of a table. Columns with the same group stand under one heading."""

    title: str
    group: str = ""
    numeric: bool = True


@dataclass(frozen=True)
class Basis:
    """What a measured value rests on: what it is, the value of each run by its key, and facts by name (N, features)."""

    title: str
    values: list[tuple[str, str]]
    facts: list[tuple[str, str]]


@dataclass(frozen=True)
class Cell:
    """A table's cell: its text, and whether it is the best of its column, a remark or nothing at all.

    basis: of a measured value; None for any other.
    """

    text: str
    kind: Literal["plain", "published", "best", "muted"] = "plain"
    basis: Basis | None = None


@dataclass(frozen=True)
class Table:
    """id: `ucsd-table-1`; also the name of its CSV file. Each row has one cell a column.

    made_from: keys of the runs that its values were measured on; none for one of data or of published values.
    Raises UserError, naming row and column, if a numeric cell holds NaN or infinity.
    """

    id: str
    caption: str
    columns: list[Column]
    rows: list[list[Cell]]
    notes: list[str] = field(default_factory=list)
    made_from: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for row in self.rows:
            for column, cell in zip(self.columns, row, strict=True):
                if column.numeric and _NO_NUMBER.search(cell.text):
                    where = f"{column.group} {column.title}".strip()
                    raise UserError(f"table {self.id}: {row[0].text}, {where}: {cell.text} is no finite number")


@dataclass(frozen=True)
class Figure:
    """file: JPEG, PNG or SVG below the report's folder; made_from: keys of the runs that it shows.

    Where the document has entries of runs, one that shows none says so.
    """

    id: str
    caption: str
    file: Path
    alt: str
    made_from: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Claim:
    """A sentence of a report, our verdict, and the numbers that it rests on.

    made_from: keys of the runs of these; shown_in: ids of the tables and figures that show them.
    """

    id: str
    text: str
    verdict: Verdict
    evidence: str
    made_from: list[str] = field(default_factory=list)
    shown_in: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Claims:
    """The claims of a chapter."""

    claims: list[Claim]


@dataclass(frozen=True)
class File:
    """A file or folder that a run left; href: its address from the report's folder on, None if it is not there."""

    text: str
    href: str | None


@dataclass(frozen=True)
class RunEntry:
    """How one run was made: facts by name, the files of each step, and the ids of what in the report shows it."""

    key: str
    facts: list[tuple[str, str]]
    files: list[tuple[str, list[File]]]
    shown_in: list[str]


@dataclass(frozen=True)
class Runs:
    """The runs of an experiment, one a seed, and the settings that they share."""

    experiment: str
    settings: list[tuple[str, str]]
    entries: list[RunEntry]


Block = Text | Bullets | Table | Figure | Claims | Runs
Kind = TypeVar("Kind", bound=Block)


@dataclass(frozen=True)
class Section:
    """level 1 is a chapter, 2 a section in it."""

    id: str
    title: str
    level: int
    blocks: list[Block]


@dataclass(frozen=True)
class Reference:
    """An entry of the list of references; id: `cite-isola2017`; text: authors, title, venue and year."""

    id: str
    text: str


@dataclass(frozen=True)
class Document:
    """A whole report. facts: short lines under the title (scale, data, features, runs); abstract: its sentences.

    commands: id of a table or figure -> the command that makes it again.
    """

    title: str
    subtitle: str
    facts: list[tuple[str, str]]
    notices: list[Notice]
    sections: list[Section]
    abstract: list[str] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    commands: dict[str, str] = field(default_factory=dict)


def blocks_of(sections: Iterable[Section], *kinds: type[Kind]) -> list[Kind]:
    """Their blocks of these kinds, in the order in which they stand."""
    return [block for section in sections for block in section.blocks if isinstance(block, kinds)]


def claims_of(sections: Iterable[Section]) -> list[Claim]:
    """Their claims, in the order in which they stand."""
    return [claim for block in blocks_of(sections, Claims) for claim in block.claims]
