"""A table or a paragraph of a report on a terminal."""

from rich.console import Group
from rich.table import Table as Drawn

from pixcycle.report.content import Table, Text


def drawn(block: Table | Text) -> Group:
    """A table has its caption above it and its notes below."""
    if isinstance(block, Text):
        return Group(block.text)
    table = Drawn(title=block.caption, box=None, title_justify="left", title_style="bold", padding=(0, 1, 0, 0))
    for column in block.columns:
        heading = f"{column.group}\n{column.title}" if column.group else column.title
        table.add_column(heading, justify="right" if column.numeric else "left", overflow="fold")
    for row in block.rows:
        table.add_row(*(cell.text for cell in row))
    return Group(table, *block.notes)
