"""The running jobs on a terminal: a line and a bar for each, and one for all."""

import time
from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

from pixcycle.base.console import escaped
from pixcycle.base.progress import duration
from pixcycle.scheduler.board import Board, Running

REFRESHES = 2
"""Times that the lines are drawn in a second."""
BESIDES = 6
"""Lines of a terminal that running jobs leave free."""
BAR = 16
COLOURS = {"complete_style": "cyan", "finished_style": "cyan"}


class Bars:
    """Draw a board at the bottom of the terminal until `stop`; whatever else is printed to stderr appears above it."""

    def __init__(self, board: Board):
        self._board = board
        self._console = Console(stderr=True, highlight=False)
        self._live = Live(
            console=self._console,
            get_renderable=self._draw,
            refresh_per_second=REFRESHES,
            transient=True,
            redirect_stdout=False,
        )

    def start(self) -> None:
        self._live.start()

    def stop(self) -> None:
        self._live.stop()

    def _draw(self) -> RenderableType:
        return drawn(self._board, time.time(), self._console.height)


def drawn(board: Board, now: float, height: int) -> RenderableType:
    """Return the lines of a board for a terminal of some height; jobs that have no room are counted."""
    running = sorted(list(board.running.values()), key=lambda run: run.started)  # a copy at once, as jobs end meanwhile
    shown = running[: max(1, height - BESIDES)]
    lines = Table(
        Column(no_wrap=True, overflow="ellipsis", max_width=40),
        Column(width=BAR),
        Column(no_wrap=True, overflow="ellipsis", ratio=1),
        box=None,
        show_header=False,
        padding=(0, 2, 0, 0),
        expand=True,
    )
    for run in shown:
        lines.add_row(*_line(run, now))
    if len(running) > len(shown):
        lines.add_row(f"and {len(running) - len(shown)} more", "", "")
    bar = ProgressBar(total=max(1, board.total), completed=board.done, width=BAR, **COLOURS)
    lines.add_row(Text(f"{board.done} of {jobs_of(board.total)} done", style="bold"), bar, Text(left(board, now)))
    return Group(Text(), lines)


def jobs_of(total: int) -> str:
    return f"{total} job{'' if total == 1 else 's'}"


def left(board: Board, now: float) -> str:
    """Return `about 3 min left`; empty if it is unknown."""
    seconds = board.seconds_left(now)
    return "" if seconds is None or board.done == board.total else f"about {duration(seconds)} left"


def _line(run: Running, now: float) -> Iterator[RenderableType]:
    yield Text(escaped(run.job.name))
    line = run.last_line()
    if progress := run.reached(now):
        yield ProgressBar(total=progress.epochs, completed=progress.epoch - 1, width=BAR, **COLOURS)
        losses = line.partition("  ")[2].rpartition("  ")[0]
        told = f"epoch {progress.epoch}/{progress.epochs}  {duration(progress.seconds_left)} left  {losses}"
        yield Text(escaped(told))
    else:
        yield Text(duration(now - run.started), style="dim")
        yield Text(escaped(line), style="dim")
