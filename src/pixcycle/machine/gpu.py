"""GPUs leased through file locks: Snakemake limits how many jobs use GPUs, but does not assign a GPU to each job."""

import fcntl
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from pixcycle.scheduler.registry import current_job

VISIBLE = "CUDA_VISIBLE_DEVICES"
LOCKS = Path("/tmp/pixcycle-cards")
"""Folder of the locks, shared by all users and projects of a machine. The kernel releases a dead process's lock."""
SECONDS_BETWEEN_LOOKS = 0.2


@contextmanager
def lease(wanted: int = 1, locks: Path = LOCKS) -> Iterator[list[str]]:
    """Hold up to `wanted` GPUs inside the block and make only them visible to CUDA; wait while other jobs hold them.

    Yields fewer on a machine with fewer GPUs, and none without GPUs. Jobs that need several GPUs cannot deadlock: only
    one job at a time waits for GPUs, and a job that holds its GPUs waits for no more.

    Parameters
    ----------
    locks
        Folder of the lock files.
    """
    available = cards()
    before = os.environ.get(VISIBLE)
    with ExitStack() as held:
        taken = _take(min(wanted, len(available)), available, locks, held)
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
    """Return how many of at most `gpus` available GPUs can share a batch equally; 1 if there are none."""
    most = min(gpus, max(1, len(cards())))
    return max(n for n in range(1, most + 1) if batch_size % n == 0)


def cards() -> list[str]:
    """Return the usable GPUs as CUDA names them: those that a scheduler or the user made visible, otherwise all."""
    visible = os.environ.get(VISIBLE)
    if visible is not None:
        names = [name.strip() for name in visible.split(",")]
        return [name for name in names if name and name != "-1"]
    import torch

    return [str(number) for number in range(torch.cuda.device_count())]


def _take(count: int, available: list[str], locks: Path, held: ExitStack) -> list[str]:
    if not count:
        return []
    with suppress(FileExistsError):
        locks.mkdir(parents=True)
        locks.chmod(0o1777)
    # Schedulers number the GPUs of each job from 0, so the same number in two jobs may mean two GPUs.
    scope = current_job() or "machine"
    taken: list[str] = []
    with _open(locks / f"{scope}-queue") as queue:
        fcntl.flock(queue, fcntl.LOCK_EX)
        announced = False
        while True:
            for gpu in available:
                if gpu not in taken and len(taken) < count and _locked(locks / f"{scope}-{gpu}", held):
                    taken.append(gpu)
            if len(taken) == count:
                return taken
            if not announced:
                print(f"waiting for {count} free GPU(s) of {', '.join(available)}", file=sys.stderr, flush=True)
                announced = True
            time.sleep(SECONDS_BETWEEN_LOOKS)


def _locked(path: Path, held: ExitStack) -> bool:
    """Take a lock until `held` closes, and return whether it was free."""
    lock = _open(path)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return False
    held.enter_context(lock)
    return True


def _open(path: Path) -> IO[str]:
    """Open a lock file for reading, which is enough to lock it: the file may belong to another user."""
    if not path.exists():
        path.touch()
        path.chmod(0o644)  # whatever the umask is
    return path.open()
