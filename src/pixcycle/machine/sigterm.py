"""SIGTERM, which schedulers send before they kill a job, and which preemption and `kill` send, too."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EXIT_CODE = 128 + signal.SIGTERM
"""A shell's exit code for a process ended by SIGTERM. It differs from a user error (2), so that schedulers retry."""
SECONDS = 10
"""Signals within this time count as one: a scheduler signals each process of a job, and launchers pass it on."""


@contextmanager
def noticed() -> Iterator[Callable[[], bool]]:
    """Yield a function that returns whether SIGTERM has arrived since the block began.

    Inside the block SIGTERM is only recorded; a second one more than SECONDS later terminates the process.
    """
    first: float | None = None

    def record(number: int, _frame: object) -> None:
        nonlocal first
        now = time.monotonic()
        first = now if first is None else first
        if now - first > SECONDS:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    before = signal.signal(signal.SIGTERM, record)
    try:
        yield lambda: first is not None
    finally:
        signal.signal(signal.SIGTERM, before)
