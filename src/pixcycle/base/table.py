"""Tables without lines for the terminal."""

from collections.abc import Iterable
from functools import partial

from rich.console import Group
from rich.table import Column, Table
from rich.text import Text

left = partial(Column, overflow="fold")
right = partial(Column, justify="right", overflow="fold")


def table(title: str, columns: list[Column], rows: Iterable[Iterable[str | Text]], gap: int = 1) -> Group:
    """Return a table below its title. The row of headings is left out if all of them are empty.

    Parameters
    ----------
    gap
        Spaces between columns.
    """
    has_headings = any(column.header for column in columns)
    drawn = Table(*columns, box=None, padding=(0, gap, 0, 0), pad_edge=False, show_header=has_headings)
    for row in rows:
        drawn.add_row(*row)
    return Group(Text(title, style="bold"), drawn) if title else Group(drawn)
