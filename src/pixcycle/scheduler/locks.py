"""Remove the locks of killed Snakemake processes; a file lock, which the kernel releases, shows which are alive."""

import fcntl
import re
import sys
from pathlib import Path
from typing import IO

from pixcycle.scheduler.registry import SCHEDULERS


def work_here(state: Path = Path(".snakemake"), dry_run: bool = False) -> IO:
    """Mark this project as in use by a Snakemake process until the returned file is closed, and remove stale locks.

    If no other process is at work here, the locks in `state` were left by killed processes. They are removed once the
    jobs that those processes submitted to a scheduler have been cancelled; this process submits the jobs again. The
    locks of a live process stay, and Snakemake refuses to make the same files twice.

    Parameters
    ----------
    state
        Snakemake's folder in the project.
    dry_run
        Cancel and remove nothing.
    """
    state.mkdir(exist_ok=True)
    presence = (state / "pixcycle.lock").open("a")
    try:
        fcntl.flock(presence, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # another process is at work here, or this file system has no locks
        return _shared(presence)
    stale = [] if dry_run else list((state / "locks").glob("*.lock"))
    if stale:
        _end_jobs_submitted_from(state.resolve().parent)
    for lock in stale:
        lock.unlink()
    return _shared(presence)


def is_dry_run(arguments: list[str]) -> bool:
    """Return whether Snakemake was called with -n, which it does not expose while it reads its Snakefile."""
    return any(re.fullmatch(r"--dry-?run|-[a-zA-Z]*n[a-zA-Z]*", argument) for argument in arguments)


def _shared(presence: IO) -> IO:
    try:
        fcntl.flock(presence, fcntl.LOCK_SH)
    except OSError:
        print("pixcycle: no file locks here: never run Snakemake twice at once in this folder", file=sys.stderr)
    return presence


def _end_jobs_submitted_from(project: Path) -> None:
    for scheduler in SCHEDULERS:
        if ended := scheduler.end_jobs(project):
            print(f"pixcycle: cancelled {ended} {scheduler.name} job(s) of a killed Snakemake process", file=sys.stderr)
