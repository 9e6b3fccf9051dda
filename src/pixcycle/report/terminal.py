"""A table or a paragraph of a report on a terminal."""

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.segment import Segment
from rich.table import Table as Drawn
from rich.text import Text as Bold

from pixcycle.report.content import Table, Text
from pixcycle.report.typesetting import visible


class PlainConsole(Console):
    """Prints texts as they are, without markup, and shows the codes in them that a terminal would obey."""

    def __init__(self, width: int | None):
        super().__init__(width=width, highlight=False, markup=False, emoji=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text))


def drawn(block: Table | Text) -> Group:
    """A table has its caption above it and its notes below. Groups of columns, too wide in a row, follow each other."""
    if isinstance(block, Text):
        return Group(block.text)
    return Group(*_tables(block), *block.notes)


def _tables(block: Table) -> Iterator[Group | str]:
    """One a group, each with the columns of none, and an empty line between them."""
    groups = dict.fromkeys(column.group for column in block.columns if column.group)
    for number, group in enumerate(groups or [""]):
        if number:
            yield ""
        places = [i for i, column in enumerate(block.columns) if column.group in ("", group)]
        title = f"{block.caption}: {group}" if group else block.caption
        table = Drawn(box=None, padding=(0, 1, 0, 0), pad_edge=False)
        for column in (block.columns[i] for i in places):
            table.add_column(column.title, justify="right" if column.numeric else "left", overflow="fold")
        for row in block.rows:
            table.add_row(*(row[i].text for i in places))
        yield Group(Bold(title, style="bold"), table)
