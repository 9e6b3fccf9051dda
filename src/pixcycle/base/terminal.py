"""Print the output of commands."""

import sys
from collections.abc import Iterable
from typing import Any


def show(parts: Iterable[Any]) -> None:
    """Print parts with an empty line after each; at the terminal's width, or 100 columns wide if not on a terminal."""
    from pixcycle.base.console import PlainConsole  # imported late: rich takes a tenth of a second to import

    console = PlainConsole(width=None if sys.stdout.isatty() else 100)
    for part in parts:
        console.print(part)
        console.print()
