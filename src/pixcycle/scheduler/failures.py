"""Report why jobs failed, in one line each, whether they ran here or on a cluster where their output is not seen."""

import logging
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snakemake_interface_logger_plugins.common import LogEvent

from pixcycle.base.disk_full import has_room
from pixcycle.scheduler.registry import SCHEDULERS

CLOCKS = 60
"""Seconds by which the clocks of a cluster's machines may differ."""


@dataclass(frozen=True)
class Started:
    """What Snakemake logs about a job when it starts or submits it."""

    wildcards: dict[str, str]
    at: float


class Failures(logging.Handler):
    """A log handler that prints at once which of Snakemake's jobs failed and why, and keeps the failures for `show`.

    Snakemake's own messages about single jobs, failed ones among them, are silenced by `quiet: rules`.
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
        """Print the jobs that failed in their last attempt once more, at the end of a long output."""
        print(*["", *self._failed.values()], sep="\n", file=sys.stderr, flush=True)


def failed(error: Any, started: Started) -> str:
    """Return `failed: train ucsd-facades-l1/0: <last line of its log> (<that log>, job 12)`.

    If the job wrote no log since it started, the line comes from the scheduler's log; if there is none either, from
    Snakemake's message.

    Parameters
    ----------
    error
        Snakemake's log record of the failure.
    """
    failure = f"failed: {job_name(error.rule_name, started.wildcards)}"
    message = " ".join(_before_submission(error.rule_msg or "").split())
    external_id = error.aux.get("external_jobid")
    if message and not external_id:
        return f"{failure}: {message}"  # it was never submitted
    why, *where = _last_line(error.log, started.at) or [message or "it wrote no log"]
    if not all(has_room(Path(log)) for log in error.log):
        where.append("the disk of its log is full")
    if external_id:
        states = {scheduler.name: state for scheduler in SCHEDULERS if (state := scheduler.state(message))}
        where += [f"{name} job {external_id}: {state}" for name, state in states.items()] or [f"job {external_id}"]
    return f"{failure}: {why}" + (f" ({', '.join(where)})" if where else "")


def _before_submission(message: str) -> str:
    for scheduler in SCHEDULERS:
        message = message.partition(scheduler.submission)[0]
    return message


def _last_line(logs: list[str], since: float) -> tuple[str, str] | None:
    """Return the last line that is not blank, and its log: the first log that was written to since a time."""
    for log in map(Path, logs):
        if log.exists() and log.stat().st_mtime > since - CLOCKS:
            lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
            if lines:
                return lines[-1], str(log.relative_to(Path.cwd()) if log.is_relative_to(Path.cwd()) else log)
    return None


def job_name(rule: str, wildcards: dict[str, str]) -> str:
    """Return `train ucsd-facades-l1/0`: a job's rule and its run, or the name of its output if it has no run."""
    return f"{rule} {run_key(wildcards) or ' '.join(wildcards.values())}".rstrip()


def run_key(wildcards: dict[str, str]) -> str:
    """Return the key of the run that a job belongs to; empty if there is none."""
    return "{chapter}-{experiment}/{seed}".format(**wildcards) if "experiment" in wildcards else ""
