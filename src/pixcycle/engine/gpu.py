"""Graphics cards, leased by file locks: Snakemake limits how many jobs use one, but says to none which is its own."""

import fcntl
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

VISIBLE = "CUDA_VISIBLE_DEVICES"
LOCKS = Path("/tmp/pixcycle-cards")
"""Shared by all users and projects of a machine. A lock belongs to its process: the kernel takes it from a dead one."""
SECONDS_BETWEEN_LOOKS = 0.2


@contextmanager
def lease(wanted: int = 1, locks: Path = LOCKS) -> Iterator[list[str]]:
    """Hold so many cards for the length of the block, and let CUDA see these only; wait while others hold them.

    Fewer where the machine has fewer, none where it has none. Jobs that need several cards do not wait for each
    other in a circle: whoever waits for cards is alone in that, and those that hold them wait for nothing.
    """
    there = cards()
    before = os.environ.get(VISIBLE)
    with ExitStack() as held:
        taken = _take(min(wanted, len(there)), there, locks, held)
        if taken:
            os.environ[VISIBLE] = ",".join(taken)
        try:
            yield taken
        finally:
            if before is not None:
                os.environ[VISIBLE] = before
            elif taken:
                del os.environ[VISIBLE]


def most_cards(batch_size: int, gpus: int) -> int:
    """How many of so many cards, if they are there, can share a batch equally."""
    most = min(gpus, max(1, len(cards())))
    return max(n for n in range(1, most + 1) if batch_size % n == 0)


def cards() -> list[str]:
    """The cards that we may use, as CUDA names them: those that SLURM or the user made visible, else all there are."""
    visible = os.environ.get(VISIBLE)
    if visible is not None:
        named = [name.strip() for name in visible.split(",")]
        return [name for name in named if name and name != "-1"]
    import torch

    return [str(number) for number in range(torch.cuda.device_count())]


def _take(count: int, there: list[str], locks: Path, held: ExitStack) -> list[str]:
    if not count:
        return []
    with suppress(FileExistsError):
        locks.mkdir(parents=True)
        locks.chmod(0o1777)
    # SLURM numbers the cards of each job anew, so that equal numbers of two jobs need not mean one card.
    scope = os.environ.get("SLURM_JOB_ID", "machine")
    taken: list[str] = []
    with _open(locks / f"{scope}-queue") as queue:
        fcntl.flock(queue, fcntl.LOCK_EX)
        told = False
        while True:
            for card in there:
                if card not in taken and len(taken) < count and _locked(locks / f"{scope}-{card}", held):
                    taken.append(card)
            if len(taken) == count:
                return taken
            if not told:
                print(f"waits for a free card: {count} of {', '.join(there)}", file=sys.stderr, flush=True)
                told = True
            time.sleep(SECONDS_BETWEEN_LOOKS)


def _locked(path: Path, held: ExitStack) -> bool:
    """Whether nobody held this lock, so that now we do."""
    lock = _open(path)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return False
    held.enter_context(lock)
    return True


def _open(path: Path) -> IO[str]:
    """For reading, which is enough to lock it: the file may be another user's."""
    if not path.exists():
        path.touch()
        path.chmod(0o644)  # whatever our umask is
    return path.open()
