"""What commands print for people."""

import sys
from collections.abc import Iterable
from typing import Any


def show(parts: Iterable[Any]) -> None:
    """On a terminal in its width, elsewhere in 100 columns; an empty line after each part."""
    from pixcycle.report.terminal import PlainConsole

    console = PlainConsole(width=None if sys.stdout.isatty() else 100)
    for part in parts:
        console.print(part)
        console.print()
