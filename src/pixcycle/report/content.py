"""The content of a report, independent of its looks: the HTML page and the PDF both render one Document.

Texts may refer to sections, tables, figures, claims and references by id, as in `@ucsd-table-1` (see crossrefs.py).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

from pixcycle.base.errors import UserError
from pixcycle.report.dot_plot import DotPlot
from pixcycle.report.run_entry import Runs

_NO_NUMBER = re.compile(r"\b(nan|inf)\b", re.IGNORECASE)

Verdict = Literal["holds", "holds on those run", "does not hold", "not distinguishable", "not run"]
Outcome = Literal["agrees", "differs", "not judged", "not run"]
"""What became of a published number: `not judged` if there is ours, but no common ruler."""


@dataclass(frozen=True)
class Notice:
    """A warning at the top of the report, such as that its data are stand-ins.

    Attributes
    ----------
    about
        Name of the fact that it explains, such as `Data`; empty if it stands alone.
    pairs
        Its details, such as (dataset, what stands in for it).
    """

    title: str
    text: str
    about: str = ""
    pairs: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A bulleted list of (lead, text) pairs. The lead, a few words in bold, introduces the text."""

    items: list[tuple[str, str]]


@dataclass(frozen=True)
class Column:
    """A column of a table. Neighbouring columns of the same group share a heading."""

    title: str
    group: str = ""
    numeric: bool = True


@dataclass(frozen=True)
class Basis:
    """The data behind a measured value.

    Attributes
    ----------
    title
        What was measured.
    values
        (key, value) of each run.
    facts
        (name, fact), such as the number of images and the features.
    """

    title: str
    values: list[tuple[str, str]]
    facts: list[tuple[str, str]]


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes
    ----------
    kind
        `published`: a value from a published report; `best`: the best value of its column; `muted`: a remark or a
        missing value; `plain`: anything else.
    basis
        The data behind a measured value; None for other cells.
    outcome
        For a difference: whether our value agrees with the published one.
    """

    text: str
    kind: Literal["plain", "published", "best", "muted"] = "plain"
    basis: Basis | None = None
    outcome: Literal["agrees", "differs"] | None = None


@dataclass(frozen=True)
class Table:
    """A table of the report.

    Attributes
    ----------
    id
        Such as `ucsd-table-1`; also the name of its CSV file.
    rows
        Each with one cell per column.
    made_from
        Keys of the runs that its values were measured on; empty for tables of data or of published values.

    Raises
    ------
    UserError
        If a numeric cell holds NaN or infinity; the message names row and column.
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
                    raise UserError(f"table {self.id}: {row[0].text}, {where}: {cell.text} is not a finite number")


@dataclass(frozen=True)
class Figure:
    """A figure of the report.

    Attributes
    ----------
    file
        JPEG, PNG or SVG, relative to the report's folder.
    made_from
        Keys of the runs that it shows. If it is empty, a report that describes runs says that none are shown.
    """

    id: str
    caption: str
    file: Path
    alt: str
    made_from: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Claim:
    """A claim of a published report, and the verdict of our runs on it.

    Attributes
    ----------
    evidence
        Sentences that say why the verdict is what it is.
    made_from
        Keys of the runs behind these numbers.
    shown_in
        Ids of the tables and figures that show them.
    plots
        The compared values.
    rule
        How it is judged, beyond the rules of its chapter.
    """

    id: str
    text: str
    verdict: Verdict
    evidence: str
    made_from: list[str] = field(default_factory=list)
    shown_in: list[str] = field(default_factory=list)
    plots: list[DotPlot] = field(default_factory=list)
    rule: str = ""


@dataclass(frozen=True)
class Claims:
    """The claims of a chapter."""

    claims: list[Claim]


Block = Text | Bullets | Table | Figure | Claims | Runs
Kind = TypeVar("Kind", bound=Block)


@dataclass(frozen=True)
class Section:
    """A section of the report: level 1 is a chapter, level 2 a section of a chapter."""

    id: str
    title: str
    level: int
    blocks: list[Block]


@dataclass(frozen=True)
class Reference:
    """An entry of the list of references.

    Attributes
    ----------
    id
        Such as `cite-isola2017`.
    text
        Authors, title, venue and year.
    """

    id: str
    text: str


@dataclass(frozen=True)
class Thumbnails:
    """A chapter's sample for the first screen: images of one test image, side by side.

    Attributes
    ----------
    chapter
        Id of the chapter's section.
    file
        JPEG, relative to the report's folder.
    parts
        What the images are, from left to right, such as input, truth and ours.
    made_from
        Key of the run.
    """

    chapter: str
    file: Path
    parts: list[str]
    made_from: str


@dataclass(frozen=True)
class Document:
    """A whole report.

    Attributes
    ----------
    facts
        (name, value): short lines under the title, such as scale, data, features and runs. A remark in brackets at the
        end of a value is shown on demand.
    abstract
        Its sentences.
    caveat
        A sentence to stand beside verdicts that do not judge the reports; empty if they do.
    commands
        Id of a table or figure -> the command that makes it again.
    thumbnails
        At most one per chapter.
    datasets
        Key of a run -> the dataset that its report names, by which the page filters.
    not_run
        How to run what the report lacks; empty if it lacks nothing.
    """

    title: str
    subtitle: str
    facts: list[tuple[str, str]]
    notices: list[Notice]
    sections: list[Section]
    abstract: list[str] = field(default_factory=list)
    caveat: str = ""
    references: list[Reference] = field(default_factory=list)
    commands: dict[str, str] = field(default_factory=dict)
    thumbnails: list[Thumbnails] = field(default_factory=list)
    datasets: dict[str, str] = field(default_factory=dict)
    not_run: str = ""


def blocks_of(sections: Iterable[Section], *kinds: type[Kind]) -> list[Kind]:
    """Return the sections' blocks of these kinds, in the order of the report."""
    return [block for section in sections for block in section.blocks if isinstance(block, kinds)]


def claims_of(sections: Iterable[Section]) -> list[Claim]:
    """Return the sections' claims, in the order of the report."""
    return [claim for block in blocks_of(sections, Claims) for claim in block.claims]
