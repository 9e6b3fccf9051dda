"""Layout decisions that the page and the PDF share, so that they agree."""

from dataclasses import dataclass, fields, is_dataclass, replace
from itertools import groupby
from typing import Any

from pixcycle.base.console import escaped
from pixcycle.report.content import Claim, Column, Document, Figure, Outcome, Section, Table, blocks_of, claims_of
from pixcycle.report.run_entry import Runs
from pixcycle.report.wording import listed

MARKS = {"holds": "✓", "holds on those run": "(✓)", "does not hold": "✗", "not distinguishable": "≈", "not run": "–"}
"""A sign for each verdict, for readers who cannot see its colour."""

OUTCOME_MARKS: dict[Outcome, str] = {"agrees": "✓", "differs": "✗", "not judged": "○", "not run": "–"}
"""A sign for what became of a published number."""

_LEGEND = {
    "published": "shaded: as published",
    "best": "bold: best of its column, without untrained and collapsed runs",
}
FEW_RUNS = 4
"""Up to this many runs are listed openly; the page folds longer lists."""


@dataclass(frozen=True)
class Heading:
    """A cell in the header of a table: a group or the title of a column.

    Attributes
    ----------
    first
        Index of the first column below it.
    columns, rows
        How many it spans.
    """

    text: str
    first: int
    columns: int
    rows: int
    is_group: bool
    numeric: bool


def header_rows(columns: list[Column]) -> list[list[Heading]]:
    """Return the row of titles and, if there are groups, a row of them above it; ungrouped titles span both rows."""
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
    """Return for each column whether a new group begins with it."""
    groups = [column.group for column in columns]
    return [i > 0 and group != groups[i - 1] for i, group in enumerate(groups)]


def legend(table: Table) -> str:
    """Return a legend of the cell formats that occur in a table."""
    kinds = {cell.kind for row in table.rows for cell in row}
    text = "; ".join(meaning for kind, meaning in _LEGEND.items() if kind in kinds)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def notes(document: Document) -> dict[str, list[str]]:
    """Return the legend and notes of each table; those that an earlier table of its chapter has, too, as a reference.

    Returns
    -------
    dict
        Id of a table -> its notes.
    """
    chapter_of, of_table = chapters(document), {}
    first: dict[tuple[str, str], str] = {}
    for section in document.sections:
        for table in blocks_of([section], Table):
            stated = {(chapter_of[section.id], note): note for note in (legend(table), *table.notes) if note}
            under = {note: first.setdefault(place, table.id) for place, note in stated.items()}
            own = [note for note, id in under.items() if id == table.id]
            earlier = list(dict.fromkeys(f"@{id}" for id in under.values() if id != table.id))
            of_table[table.id] = own + ([f"Further notes: as under {listed(earlier)}."] if earlier else [])
    return of_table


def words_of(claim: Claim) -> str:
    """Return the verdict on a claim; `partly run` if it lacks some of its runs only."""
    return "partly run" if claim.verdict == "not run" and claim.made_from else claim.verdict


def anchor(key: str) -> str:
    """Return the id of a run's entry."""
    return f"run-{key.replace('/', '-')}"


def run_keys(document: Document) -> set[str]:
    """Return the keys of the runs that have an entry in the document; other runs are named without a link."""
    return {entry.key for block in blocks_of(document.sections, Runs) for entry in block.entries}


def commits(document: Document) -> dict[str, str]:
    """Map the keys of the runs that have an entry to the commit of the code that trained them."""
    blocks = blocks_of(document.sections, Runs)
    return {entry.key: dict(entry.facts)["Commit"] for block in blocks for entry in block.entries}


def verdicts(document: Document) -> list[tuple[Section, list[Claim]]]:
    """Return the chapters that have claims, each with all its claims."""
    chapters: list[tuple[Section, list[Claim]]] = []
    for section in document.sections:
        if section.level == 1:
            chapters.append((section, []))
        chapters[-1][1].extend(claims_of([section]))
    return [(chapter, claims) for chapter, claims in chapters if claims]


def chapters(document: Document) -> dict[str, str]:
    """Map the id of each section to the id of its chapter."""
    ids, chapter = {}, ""
    for section in document.sections:
        chapter = section.id if section.level == 1 else chapter
        ids[section.id] = chapter
    return ids


def verdicts_shown(document: Document) -> dict[str, set[str]]:
    """Map the ids of tables, figures and claims to the verdicts on the claims that they show."""
    shown: dict[str, set[str]] = {block.id: set() for block in blocks_of(document.sections, Table, Figure)}
    for claim in claims_of(document.sections):
        for id in (claim.id, *claim.shown_in):
            shown.setdefault(id, set()).add(claim.verdict)
    return shown


def sentence_of(parts: list[str]) -> str:
    """Return `Input, truth and ours`."""
    return listed(parts).capitalize()


def by_experiment(keys: list[str]) -> list[list[tuple[str, str]]]:
    """Return (text, key) of each run, grouped by experiment: `l1/0, 1, 2` for three seeds."""
    together = [list(seeds) for _, seeds in groupby(keys, lambda key: key.rpartition("/")[0])]
    return [[(key if i == 0 else key.rpartition("/")[2], key) for i, key in enumerate(seeds)] for seeds in together]


def tally(keys: list[str]) -> str:
    """Return `6 runs of 2 experiments`."""
    runs, experiments = len(keys), len(by_experiment(keys))
    return f"{runs} run{'s' * (runs > 1)} of {experiments} experiment{'s' * (experiments > 1)}"


def visible(part: Any) -> Any:
    """Return a text, or a Document, block or collection of texts, with invisible characters escaped."""
    if isinstance(part, str):
        return escaped(part)
    if is_dataclass(part):
        return replace(part, **{field.name: visible(getattr(part, field.name)) for field in fields(part)})
    if isinstance(part, dict):
        return {visible(key): visible(value) for key, value in part.items()}
    return type(part)(map(visible, part)) if isinstance(part, list | tuple) else part
