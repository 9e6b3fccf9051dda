"""The jobs of one call of Snakemake: which are running, how many are done, and how long the others will take."""

import re
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pixcycle.base.progress import Reached, reached

_TITLE = re.compile(r"^\S+ seed \d+  ")
"""What lines of a training begin with, and what is shown beside them anyway."""
TAIL = 4096
"""Bytes at the end of a log that are read for its last line."""
SECONDS_BETWEEN_READS = 1
"""A login node may follow a hundred logs on a shared disk."""


@dataclass(frozen=True)
class Job:
    """A job, and how much it has to do.

    Attributes
    ----------
    rule
        Its rule: jobs of one rule need time in proportion to their work.
    name
        Its rule and run, as people read it.
    work
        FLOPs of a training, 0 if it has no epoch; 1 for any other job.
    """

    rule: str
    name: str
    work: float = 1.0


@dataclass
class Running:
    """A running job, its log, and the time when it started, in seconds since the epoch."""

    job: Job
    log: Path | None
    started: float
    _line: str = ""
    _read_at: float = float("-inf")

    def last_line(self) -> str:
        """Return the last line of its log, as read at most a second ago; empty if it has written none."""
        if time.monotonic() - self._read_at >= SECONDS_BETWEEN_READS:
            self._line, self._read_at = next(reversed(self._lines(TAIL)), "").strip(), time.monotonic()
        return self._line

    def remarks(self) -> list[str]:
        """Return the lines of its log that are neither progress nor say only that it is done."""
        lines = self._lines(sys.maxsize)
        return [line for line in lines if "━" not in line and not reached(line) and not line.startswith("done: ")]

    def _lines(self, last: int) -> list[str]:
        """Return the lines, without their title, in the last bytes of its log, if it was written since the start."""
        try:
            if not self.log or self.log.stat().st_mtime < self.started - 1:
                return []
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - last))
                lines = file.read().decode(errors="replace").splitlines()
        except OSError:
            return []
        return [_TITLE.sub("", line.rstrip()) for line in lines if line.strip()]

    def reached(self, now: float) -> Reached | None:
        """Return a training's progress; its seconds left have become fewer since its log told them."""
        if progress := reached(self.last_line()):
            since = max(0.0, now - self.log.stat().st_mtime)
            return Reached(progress.epoch, progress.epochs, max(0.0, progress.seconds_left - since))
        return None


class Board:
    """Count the jobs of one call, and estimate the time that is left for all of them.

    Snakemake's threads start and finish jobs while another thread draws the board from copies.
    """

    def __init__(self, jobs: Iterable[Job]):
        self._waiting = Counter(jobs)
        self.total = self._waiting.total()
        self.by_rule = Counter(job.rule for job in self._waiting.elements())
        self.done = 0
        self.running: dict[int, Running] = {}
        self._at_once = 1
        self._finished: list[tuple[Job, float]] = []

    def start(self, id: int, job: Job, log: Path | None, now: float) -> None:
        self._waiting[job] = max(0, self._waiting[job] - 1)
        self.running[id] = Running(job, log, now)
        self._at_once = max(self._at_once, len(self.running))

    def finish(self, id: int, now: float) -> Running | None:
        """Count a job as done and return it; None if it is no job of this board."""
        if ended := self.running.pop(id, None):
            self.done += 1
            self._finished.append((ended.job, now - ended.started))
        return ended

    def fail(self, id: int) -> Running | None:
        """Return a job that no longer runs; if it is tried again, it starts once more."""
        return self.running.pop(id, None)

    def seconds_left(self, now: float) -> float | None:
        """Return the seconds until all jobs are done; None as long as too little is known.

        A training that runs tells its own time; one that waits takes the same time per FLOP. Other jobs take as long as
        those of their rule took, or as those of other rules, if any has ended. As many run at once as did so far.
        """
        running, finished, waiting = [*self.running.values()], [*self._finished], [*self._waiting.elements()]
        told = [(run, run.reached(now)) for run in running]
        speeds: dict[str, list[float]] = {}
        for job, seconds in finished:
            if job.work:
                speeds.setdefault(job.rule, []).append(seconds / job.work)
        for run, progress in told:
            if progress and run.job.work:
                seconds = now - run.started + progress.seconds_left
                speeds.setdefault(run.job.rule, []).append(seconds / run.job.work)

        of_others = [seconds for job, seconds in finished if job.work == 1] or [0.0]

        def takes(job: Job) -> float:
            known = speeds.get(job.rule) or of_others
            return job.work * sum(known) / len(known)

        jobs = [*(run.job for run in running), *waiting]
        if not speeds or any(job.work not in (0, 1) and job.rule not in speeds for job in jobs):
            return None
        remain = [
            progress.seconds_left if progress else max(0.0, takes(run.job) - (now - run.started))
            for run, progress in told
        ]
        return max([0.0, *remain, (sum(remain) + sum(map(takes, waiting))) / self._at_once])
