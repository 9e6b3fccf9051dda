"""The matrix of results: every published number of the tables, with ours, the difference and what became of it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pixcycle.report.content import Cell, Column, Document, Outcome, Table, blocks_of
from pixcycle.report.wording import counted

_PLURAL = {"agrees": "agree", "differs": "differ"}
UNMEASURED = ("not run", "–", "", "no study yet")


@dataclass(frozen=True)
class Number:
    """A published number beside ours.

    Attributes
    ----------
    metric
        Such as `FID`; empty if its table has one metric only.
    difference
        Empty if there is none.
    """

    metric: str
    published: str
    ours: str
    difference: str
    outcome: Outcome


@dataclass(frozen=True)
class Line:
    """The published numbers of a table's row, beside ours in one reading.

    Attributes
    ----------
    place
        Index of the row.
    """

    title: str
    place: int
    numbers: list[Number]

    @property
    def outcomes(self) -> list[Outcome]:
        return list(dict.fromkeys(number.outcome for number in self.numbers))

    @property
    def is_unrun(self) -> bool:
        return self.outcomes == ["not run"]


@dataclass(frozen=True)
class Group:
    """The lines of one table."""

    table: Table
    chapter: str
    lines: list[Line]

    @property
    def run_lines(self) -> list[Line]:
        return [line for line in self.lines if not line.is_unrun]

    @property
    def is_judged(self) -> bool:
        return bool(tally([self]).keys() & {"agrees", "differs"})

    @property
    def has_differences(self) -> bool:
        return any(number.difference for line in self.lines for number in line.numbers)

    @property
    def counts(self) -> str:
        """The numbers of the lines that were run by outcome: `2 agree, 1 differs` or `3 numbers: not judged`."""
        counts = Counter(number.outcome for line in self.run_lines for number in line.numbers)
        words = {outcome: _PLURAL.get(outcome, outcome) if n > 1 else outcome for outcome, n in sorted(counts.items())}
        if len(counts) == 1:
            return "".join(f"{counted(counts[outcome], 'number')}: {said}" for outcome, said in words.items())
        return ", ".join(f"{counts[outcome]} {said}" for outcome, said in words.items())


def matrix(document: Document) -> list[Group]:
    """Return the published numbers of all tables, in the order of the report; tables without any are left out."""
    groups, chapter = [], ""
    for section in document.sections:
        chapter = section.id if section.level == 1 else chapter
        for table in blocks_of([section], Table):
            if lines := [line for i, row in enumerate(table.rows) for line in _lines(table, i, row)]:
                groups.append(Group(table, chapter, lines))
    return groups


def tally(groups: list[Group]) -> Counter[Outcome]:
    """Return how many published numbers have each outcome."""
    return Counter(number.outcome for group in groups for line in group.lines for number in line.numbers)


def is_unmeasured(row: list[Cell]) -> bool:
    """Return whether a row says `not run` and has no value but published ones."""
    others = [cell.text for cell in row[1:] if cell.kind != "published" and cell.basis is None]
    return "not run" in others and not any(cell.basis or _is_number(cell) for cell in row[1:])


def _is_number(cell: Cell) -> bool:
    return cell.kind != "published" and cell.text[:1].isdigit()


def _title(table: Table, row: list[Cell]) -> str:
    """Return the texts of a row's leading columns of words, such as `D, first epoch · maps`."""
    words = []
    for column, cell in zip(table.columns, row, strict=True):
        if column.numeric:
            break
        words.append(cell.text)
    return " · ".join(words)


def _lines(table: Table, place: int, row: list[Cell]) -> list[Line]:
    """Return a row's published values: a line for each reading, as written and as coded, if there are several."""
    by_reading: dict[str, list[Number]] = {}
    for reading, number in _published(table.columns, row):
        by_reading.setdefault(reading, []).append(number)
    title = _title(table, row)
    return [Line(", ".join(filter(None, [title, reading])), place, found) for reading, found in by_reading.items()]


def _published(columns: list[Column], row: list[Cell]) -> Iterator[tuple[str, Number]]:
    """Yield the published values of a row with each of ours to their right, after the reading that it belongs to."""
    for i, column in enumerate(columns):
        if column.title != "published" or row[i].text in ("", "–"):
            continue
        for j in range(i + 1, len(columns)):
            beside, ours = columns[j], row[j]
            if beside.group != column.group or beside.title == "published":
                break
            reading = beside.title.removeprefix("ours").strip()
            if not beside.title.startswith("ours") or ours.text == "not ours" or (reading and ours.text == "–"):
                continue
            has_difference = j + 1 < len(columns) and columns[j + 1].title == "difference"
            difference = row[j + 1] if has_difference else Cell("–")
            yield reading, _number(column.group, row[i].text, ours.text, difference)


def _number(metric: str, published: str, ours: str, difference: Cell) -> Number:
    outcome: Outcome = difference.outcome or ("not run" if ours in UNMEASURED else "not judged")
    return Number(metric, published, ours, "" if difference.text == "–" else difference.text, outcome)
