"""Remove the locks of killed Snakemake processes; a file lock, which the kernel releases, shows which are alive."""

import fcntl
import logging
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pixcycle.scheduler.refusals import in_one_line
from pixcycle.scheduler.registry import SCHEDULERS

if TYPE_CHECKING:
    from snakemake.workflow import Workflow


class WorkHere(logging.Handler):
    """A log handler that lets Snakemake call `work_here` before it takes its own locks, if it has jobs to run.

    Calls that only look (`-n`, `--summary`, `--dag`, `--report` etc.) read the Snakefile as well, and Snakemake has no
    hook for what will execute jobs. But it sets its executor and its locks before it logs that it builds the graph.
    """

    def __init__(self, workflow: "Workflow"):
        super().__init__()
        self._workflow = workflow
        self._take_lock: Callable[[], AbstractContextManager] | None = None
        self._presence: IO | None = None

    def emit(self, record: logging.LogRecord) -> None:
        executes = self._workflow.executor_plugin and not (self._workflow.dryrun or self._workflow.touch)
        if executes and not self._take_lock:
            self._take_lock, self._workflow.persistence.lock = self._workflow.persistence.lock, self._lock

    def _lock(self) -> AbstractContextManager:
        if not any(self._workflow.dag.needrun_jobs()):
            return nullcontext()
        with in_one_line():
            self._presence = work_here()
        return self._take_lock()


def work_here(state: Path = Path(".snakemake")) -> IO:
    """Mark this project as in use by a Snakemake process until the returned file is closed, and remove stale locks.

    If no other process is at work here, the locks in `state` were left by killed processes. They are removed once the
    jobs that those processes submitted to a scheduler have been cancelled; this process submits the jobs again. The
    locks of a live process stay, and Snakemake refuses to make the same files twice.

    Parameters
    ----------
    state
        Snakemake's folder in the project.
    """
    state.mkdir(exist_ok=True)
    presence = (state / "pixcycle.lock").open("a")
    try:
        fcntl.flock(presence, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # another process is at work here, or this file system has no locks
        return _shared(presence)
    stale = list((state / "locks").glob("*.lock"))
    if stale:
        _end_jobs_submitted_from(state.resolve().parent)
    for lock in stale:
        lock.unlink()
    return _shared(presence)


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
