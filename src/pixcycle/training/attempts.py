"""The attempts at a run: by one process at a time, each of which notes when, where and from which epoch it began."""

import fcntl
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from pixcycle.engine.gpu import VISIBLE
from pixcycle.errors import UserError
from pixcycle.files import read_json, write_json

LOOKS = 5
"""At a lock that is held: `in_progress` holds it for an instant, too."""


@contextmanager
def only_one(work: Path) -> Iterator[None]:
    """Keep other processes from a run's folder for the length of the block; the kernel lets go of it when we die.

    Raises UserError if another process has it.
    """
    path = _lock(work)
    path.parent.mkdir(exist_ok=True)
    with path.open("a+") as lock:
        if not any(_taken(lock) for _ in range(LOOKS)):
            raise UserError(f"{work}: is being trained already; wait for that, or stop it first")
        yield


def in_progress(work: Path) -> bool:
    """Whether a process is working on a run's folder now."""
    try:
        with _lock(work).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def note(work: Path, from_epoch: int) -> None:
    """Add the attempt that starts now. from_epoch: how many epochs it finds done."""
    started = datetime.now(UTC).isoformat(timespec="seconds")
    attempt = {
        "started": started,
        "host": platform.node(),
        "cards": os.environ.get(VISIBLE),
        "slurm_job_id": os.environ.get("SLURM_JOB_ID"),
        "from_epoch": from_epoch,
    }
    write_json(_notes(work), [*attempts(work), attempt])


def attempts(work: Path) -> list[dict[str, Any]]:
    """Those at an unfinished run, the first one first; a finished run has them in its run.json."""
    return read_json(_notes(work)) if _notes(work).exists() else []


def _taken(lock: IO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(0.1)
        return False
    return True


def _lock(work: Path) -> Path:
    return work / "state" / "lock"


def _notes(work: Path) -> Path:
    return work / "state" / "attempts.json"
