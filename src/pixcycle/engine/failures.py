"""Why jobs failed, in one line each, whatever ran them: here, or on a cluster where nobody sees what they print."""

import logging
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snakemake_interface_logger_plugins.common import LogEvent

from pixcycle.room import has_room

CLOCKS = 60
"""Seconds by which those of a cluster's machines may differ."""


@dataclass(frozen=True)
class Started:
    """What Snakemake tells of a job when it starts or submits it."""

    wildcards: dict[str, str]
    at: float


class Failures(logging.Handler):
    """Hears what Snakemake tells its loggers, says at once which job failed and why, and remembers those that did.

    Snakemake's own account of a failed job is silenced, as all that it says of single jobs, by `quiet: rules`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._started: dict[int, Started] = {}
        self._failed: dict[int, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        try:
            match getattr(record, "event", None):
                case LogEvent.JOB_INFO:
                    self._started[record.jobid] = Started(dict(record.wildcards), time.time())
                    self._failed.pop(record.jobid, None)
                case LogEvent.JOB_ERROR:
                    self._failed[record.jobid] = failed(record, self._started[record.jobid])
                    print(self._failed[record.jobid], file=sys.stderr, flush=True)
        except Exception:
            self.handleError(record)

    def show(self) -> None:
        """Once more the jobs that failed for good: for the end of a long output."""
        print(*["", *self._failed.values()], sep="\n", file=sys.stderr, flush=True)


def failed(error: Any, started: Started) -> str:
    """`failed: train ucsd-facades-l1/0: <last line of its log> (<that log>, SLURM job 12: TIMEOUT)`.

    error: Snakemake's record of it. Where the job wrote no log since it was started, SLURM's log stands for its own;
    where there is none, either, what Snakemake was told.
    """
    what = f"failed: {error.rule_name} {_name(started.wildcards)}".rstrip()
    told = " ".join((error.rule_msg or "").partition("sbatch call:")[0].split())
    job = error.aux.get("external_jobid")
    if told and not job:
        return f"{what}: {told}"  # it was never submitted
    why, *where = _last_words(error.log, started.at) or [told or "it wrote no log"]
    if not all(has_room(Path(log)) for log in error.log):
        where.append("the disk of its log is full")
    if job:
        state = re.search(r"SLURM status is: '(\w+)'", told)
        where.append(f"SLURM job {job}" + (f": {state[1]}" if state else ""))
    return f"{what}: {why}" + (f" ({', '.join(where)})" if where else "")


def _last_words(logs: list[str], since: float) -> tuple[str, str] | None:
    """The last line in which something stands, and the log it stands in: the first that was written to since then."""
    for log in map(Path, logs):
        if log.exists() and log.stat().st_mtime > since - CLOCKS:
            lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
            if lines:
                return lines[-1], str(log.relative_to(Path.cwd()) if log.is_relative_to(Path.cwd()) else log)
    return None


def _name(wildcards: dict[str, str]) -> str:
    """A run by its key, any other job by what it makes."""
    if "experiment" in wildcards:
        return "{chapter}-{experiment}/{seed}".format(**wildcards)
    return " ".join(wildcards.values())
