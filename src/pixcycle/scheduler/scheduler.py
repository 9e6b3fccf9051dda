"""The interface to a cluster's scheduler and its jobs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Scheduler:
    """A scheduler, registered by its own file in this folder. Its profile is profiles/NAME/.

    Attributes
    ----------
    name
        Its name as users write it.
    job
        Return the id of the job that this process is part of, None outside of jobs.
    processes
        Return (processes, nodes) that it started together for this work, (1, 1) for a single process.
    state
        Return the state of a failed job, such as TIMEOUT, from Snakemake's message; empty if it names no state.
    submission
        Text in Snakemake's message that precedes the command that submits a job; users do not see the rest.
    end_jobs
        Cancel the jobs that were submitted from a project's folder, wait until they have ended, and return how many.
    hints
        Beginnings of warnings of other libraries that do not apply under this scheduler.
    """

    name: str
    job: Callable[[], str | None]
    processes: Callable[[], tuple[int, int]]
    state: Callable[[str], str]
    submission: str
    end_jobs: Callable[[Path], int]
    hints: tuple[str, ...] = ()
