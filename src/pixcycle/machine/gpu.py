"""GPUs leased through file locks: Snakemake limits how many jobs use GPUs, but does not assign a GPU to each job.

The kernel releases a dead process's locks.
"""

import fcntl
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import IO
from urllib.parse import quote

from pixcycle.machine.lock_folder import LockFolder, lock_folder
from pixcycle.scheduler.registry import current_job

VISIBLE = "CUDA_VISIBLE_DEVICES"
SECONDS_BETWEEN_LOOKS = 0.2


@contextmanager
def lease(wanted: int = 1) -> Iterator[list[str]]:
    """Hold up to `wanted` GPUs inside the block and make only them visible to CUDA; wait while other jobs hold them.

    Yields fewer on a machine with fewer GPUs, and none without GPUs. Jobs that need several GPUs cannot deadlock: only
    one job at a time waits for GPUs, and a job that holds its GPUs waits for no more.

    Raises
    ------
    UserError
        If another user could interfere with the locks.
    """
    available = gpus()
    before = os.environ.get(VISIBLE)
    with ExitStack() as held:
        taken = _take(min(wanted, len(available)), available, held)
        if taken:
            os.environ[VISIBLE] = ",".join(taken)
        try:
            yield taken
        finally:
            if before is not None:
                os.environ[VISIBLE] = before
            elif taken:
                del os.environ[VISIBLE]


def most_gpus(batch_size: int, wanted: int) -> int:
    """Return how many of at most `wanted` available GPUs can share a batch equally; 1 if there are none."""
    most = min(wanted, max(1, len(gpus())))
    return max(n for n in range(1, most + 1) if batch_size % n == 0)


def gpus() -> list[str]:
    """Return the usable GPUs as CUDA names them: those that a scheduler or the user made visible, otherwise all."""
    visible = os.environ.get(VISIBLE)
    if visible is not None:
        names = [name.strip() for name in visible.split(",")]
        return [name for name in names if name and name != "-1"]
    import torch

    return [str(number) for number in range(torch.cuda.device_count())]


def _take(count: int, available: list[str], held: ExitStack) -> list[str]:
    if not count:
        return []
    # Schedulers number the GPUs of each job from 0, so the same number in two jobs may mean two GPUs.
    scope = current_job() or "machine"
    taken: list[str] = []
    waiting = f"waiting for {count} free GPU(s) of {', '.join(available)}"
    with lock_folder() as folder, folder.open(f"{scope}-queue") as queue:
        announced = not _take_now(queue)
        if announced:
            print(waiting, file=sys.stderr, flush=True)
            fcntl.flock(queue, fcntl.LOCK_EX)
        while True:
            for gpu in available:
                if gpu not in taken and len(taken) < count and _locked(folder, f"{scope}-{gpu}", held):
                    taken.append(gpu)
            if len(taken) == count:
                return taken
            if not announced:
                print(waiting, file=sys.stderr, flush=True)
                announced = True
            time.sleep(SECONDS_BETWEEN_LOOKS)


def _locked(folder: LockFolder, name: str, held: ExitStack) -> bool:
    """Take a lock until `held` closes, and return whether it was free."""
    lock = folder.open(quote(name, safe=""))  # the names of some GPUs have slashes
    if _take_now(lock):
        held.enter_context(lock)
        return True
    lock.close()
    return False


def _take_now(lock: IO[bytes]) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False
