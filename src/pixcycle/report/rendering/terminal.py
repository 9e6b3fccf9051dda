"""Show tables and paragraphs of a report on a terminal."""

from collections.abc import Iterator

from rich.console import Group

from pixcycle.base.table import left, right, table
from pixcycle.report.content import Table, Text


def drawn(block: Table | Text) -> Group:
    """Return a paragraph, or a table with caption, column groups (one below the other to save width) and notes."""
    if isinstance(block, Text):
        return Group(block.text)
    return Group(*_tables(block), *block.notes)


def _tables(block: Table) -> Iterator[Group | str]:
    """Yield one table per group, each with the ungrouped columns too, and an empty line between them."""
    groups = dict.fromkeys(column.group for column in block.columns if column.group)
    for number, group in enumerate(groups or [""]):
        if number:
            yield ""
        places = [i for i, column in enumerate(block.columns) if column.group in ("", group)]
        title = f"{block.caption}: {group}" if group else block.caption
        columns = [(right if block.columns[i].numeric else left)(block.columns[i].title) for i in places]
        yield table(title, columns, ([row[i].text for i in places] for row in block.rows))
