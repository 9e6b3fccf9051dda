"""All schedulers: the `SCHEDULER` of each file of this folder that has one."""

from importlib import import_module
from pathlib import Path

from pixcycle.base.registered import registered
from pixcycle.scheduler.scheduler import Scheduler

SCHEDULERS: list[Scheduler] = [
    import_module(f"{__package__}.{name}").SCHEDULER for name in registered(Path(__file__).parent, "SCHEDULER")
]


def current() -> Scheduler | None:
    """Return the scheduler that runs this process as part of a job, None outside of jobs."""
    return next((scheduler for scheduler in SCHEDULERS if scheduler.job() is not None), None)


def current_job() -> str | None:
    scheduler = current()
    return scheduler.job() if scheduler else None


def processes() -> tuple[int, int]:
    """Return (processes, nodes) that a scheduler started together for this work; (1, 1) for a single process."""
    return max((scheduler.processes() for scheduler in SCHEDULERS), default=(1, 1))
