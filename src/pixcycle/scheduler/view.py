"""One view of a call of Snakemake: what runs, what is done of how many, and the time left.

On a terminal, running jobs have bars; in a file, each beginning and end of a job is a line between the jobs' own lines.
Snakemake's messages about the same are left out here, and are complete in its own log, .snakemake/log.
"""

import logging
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from pixcycle.base.progress import duration
from pixcycle.scheduler.bars import Bars, jobs_of, left
from pixcycle.scheduler.board import Board, Job, Running
from pixcycle.scheduler.failures import job_name, run_key

if TYPE_CHECKING:
    from snakemake.workflow import Workflow

REPLACED = {
    LogEvent.RUN_INFO,
    LogEvent.RESOURCES_INFO,
    LogEvent.JOB_STARTED,
    LogEvent.JOB_FINISHED,
    LogEvent.PROGRESS,
}
"""Snakemake's events that the view shows in its own way."""
UNSHOWN = (
    "Assuming unrestricted shared",
    "Building DAG of jobs",
    "Using shell: ",
    "Group jobs: inactive",
    "Conda environments: ignored",
    "Singularity containers: ignored",
    "Select jobs to execute",
    "Elapsed time: ",
)
"""Beginnings of Snakemake's messages without an event that tell users nothing."""
LAST = ("Terminating processes", "Exiting because a job execution failed", "Complete log")
"""Beginnings of the messages after which no job runs on."""


def default_handler() -> logging.StreamHandler | None:
    """Return the handler that prints Snakemake's messages; None if a plugin does (`snakemake --logger rich`)."""
    handlers = logging.getLogger("snakemake.logging").handlers
    return next((handler for handler in handlers if handler.name == "DefaultStreamHandler"), None)


def on_terminal() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def make_log_complete() -> None:
    """Let Snakemake's log file have the messages that `quiet` keeps from the terminal."""
    for handler in logging.getLogger("snakemake.logging").handlers:
        if handler.name == "DefaultLogFileHandler":
            for one in handler.filters:
                one.quiet = set()


class View(logging.Handler):
    """A log handler that shows the jobs of a call which executes some; dry runs stay Snakemake's.

    Parameters
    ----------
    workflow
        Snakemake's workflow, whose graph names the jobs.
    flops
        Key of a run -> FLOPs of its training.
    printer
        Handler of the messages that the view does not replace.
    live
        Whether to draw bars; otherwise only lines are printed.
    """

    def __init__(self, workflow: "Workflow", flops: dict[str, float], printer: logging.StreamHandler, live: bool):
        super().__init__()
        self._workflow, self._flops, self._printer, self._live = workflow, flops, printer, live
        self._board: Board | None = None
        self._bars: Bars | None = None
        self._began = 0.0
        printer.addFilter(self._passes)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if self._executes():
                self._take(record)
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        self._end()
        super().close()

    def _take(self, record: Any) -> None:
        now = time.time()
        match getattr(record, "event", None):
            case LogEvent.RUN_INFO:
                self._begin(now)
            case LogEvent.JOB_INFO if self._board and record.shellcmd:
                job = self._job(record.rule_name, dict(record.wildcards))
                self._board.start(record.jobid, job, Path(record.log[0]) if record.log else None, now)
                if not self._bars:
                    say(f"started: {job.name}")
            case LogEvent.JOB_ERROR if self._board:
                failed = self._board.fail(record.jobid)
                if failed and self._bars:  # below the line of Failures
                    say("".join(f"  {line}\n" for line in failed.remarks()), end="")
            case LogEvent.JOB_FINISHED if self._board:
                if ended := self._board.finish(record.job_id, now):
                    self._tell(ended, now)
                    if self._board.done == self._board.total:
                        self._end()
            case None if record.getMessage().startswith(LAST):
                self._end()

    def _tell(self, ended: Running, now: float) -> None:
        """Say that a job is done; with bars also what it wrote, which is not on the terminal, and else how many are."""
        done = f"done: {ended.job.name} in {duration(now - ended.started)}"
        if self._bars:
            say("\n  ".join([done, *ended.remarks()]))
        else:
            count = f"{self._board.done} of {jobs_of(self._board.total)}"
            say(f"{done}; {', '.join(filter(None, [count, left(self._board, now)]))}")

    def _begin(self, now: float) -> None:
        jobs = [job for job in self._workflow.dag.needrun_jobs() if job.rule.shellcmd]
        self._board, self._began = Board(self._job(job.rule.name, dict(job.wildcards_dict)) for job in jobs), now
        kinds = ", ".join(f"{n} {rule}" for rule, n in sorted(self._board.by_rule.items()))
        if not jobs:
            return
        say(f"{jobs_of(self._board.total)}: {kinds}")
        if self._live:
            self._bars = Bars(self._board)
            self._bars.start()
            self._printer.setStream(sys.stderr)  # which rich has replaced, to print above the bars

    def _end(self) -> None:
        """Remove the bars, and say how many jobs are done."""
        board, self._board = self._board, None
        if self._bars:
            self._bars.stop()
            self._bars = None
            self._printer.setStream(sys.stderr)
        if board and board.total:
            say(f"{board.done} of {jobs_of(board.total)} done in {duration(time.time() - self._began)}")

    def _job(self, rule: str, wildcards: dict[str, str]) -> Job:
        work = self._flops.get(run_key(wildcards), 1.0) if rule == "train" else 1.0
        return Job(rule, job_name(rule, wildcards), work)

    def _executes(self) -> bool:
        return bool(self._workflow.executor_plugin) and not (self._workflow.dryrun or self._workflow.touch)

    def _passes(self, record: logging.LogRecord) -> bool:
        """Return whether Snakemake prints a message itself."""
        if not self._executes():
            return True
        event = getattr(record, "event", None)
        return event not in REPLACED and not (event is None and record.getMessage().startswith(UNSHOWN))


def say(text: str, end: str = "\n") -> None:
    """Print a line, even if nothing reads stderr any more."""
    with suppress(BrokenPipeError):
        print(text, end=end, file=sys.stderr, flush=True)


def attach(workflow: "Workflow", flops: dict[str, float], add: Callable[[logging.Handler], None]) -> bool:
    """Add the view to Snakemake's logger, unless its user wants another; return whether it draws bars.

    Snakemake's own messages remain with --verbose, --debug-dag, or another logger plugin, and nothing with --quiet all.
    """
    settings = workflow.output_settings
    printer = default_handler()
    make_log_complete()
    if not printer or settings.verbose or settings.debug_dag or Quietness.ALL in (settings.quiet or ()):
        return False
    live = on_terminal()
    add(View(workflow, flops, printer, live))
    return live
