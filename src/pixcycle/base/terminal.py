"""Print the output of commands."""

import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from pixcycle.base.errors import UserError


def show(parts: Iterable[Any]) -> None:
    """Print parts with an empty line after each; at the terminal's width, or 100 columns wide if not on a terminal."""
    from pixcycle.base.console import PlainConsole  # imported late: rich takes a tenth of a second to import

    console = PlainConsole(width=None if sys.stdout.isatty() else 100)
    for part in parts:
        console.print(part)
        console.print()


def follow(parts: Callable[[], Iterable[Any]], seconds: float) -> None:
    """Print parts and replace them by new ones at intervals, until the user presses Ctrl-C.

    Raises
    ------
    UserError
        If stdout is not a terminal, in which nothing can be replaced.
    """
    if not sys.stdout.isatty():
        raise UserError("--follow needs a terminal: leave it out to print the list once")
    from rich.console import Group
    from rich.live import Live

    from pixcycle.base.console import PlainConsole

    def drawn() -> Group:
        return Group(*(line for part in parts() for line in (part, "")))

    with Live(drawn(), console=PlainConsole(width=None), auto_refresh=False, vertical_overflow="ellipsis") as live:
        try:
            while True:
                time.sleep(seconds)
                live.update(drawn(), refresh=True)
        except KeyboardInterrupt:
            return
