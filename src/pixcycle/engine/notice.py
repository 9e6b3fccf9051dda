"""The notice that the end is near: SIGTERM, as SLURM gives it before it kills, preemption and `kill`."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EXIT_CODE = 128 + signal.SIGTERM
"""What a shell says of a process that SIGTERM ended; no mistake of the user (2), so that schedulers try again."""
SECONDS = 10
"""Within which several signals are one notice: SLURM tells each process of a job, and launchers tell theirs again."""


@contextmanager
def noticed() -> Iterator[Callable[[], bool]]:
    """Whether SIGTERM came since the block began; within it, only one that comes SECONDS after the first ends us."""
    first: float | None = None

    def hear(number: int, _frame: object) -> None:
        nonlocal first
        now = time.monotonic()
        first = now if first is None else first
        if now - first > SECONDS:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    before = signal.signal(signal.SIGTERM, hear)
    try:
        yield lambda: first is not None
    finally:
        signal.signal(signal.SIGTERM, before)
