"""The attempts at an unfinished run: when, where and from which epoch each began."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import model_validator

from pixcycle.machine.gpu import VISIBLE
from pixcycle.records.record import Record
from pixcycle.records.run import Attempt
from pixcycle.scheduler.registry import current


class _Attempts(Record):
    attempts: list[Attempt] = []

    @model_validator(mode="before")
    @classmethod
    def _of_older_version(cls, value: Any) -> Any:
        return {"attempts": value} if isinstance(value, list) else value


def note(work: Path, from_epoch: int, from_step: int = 0) -> None:
    """Record the attempt that starts now.

    Parameters
    ----------
    work
        Folder of the unfinished run.
    from_epoch, from_step
        Epochs, and steps of the next epoch, that earlier attempts finished.
    """
    scheduler = current()
    attempt = Attempt(
        started=datetime.now(UTC).replace(microsecond=0),
        host=platform.node(),
        gpus=os.environ.get(VISIBLE),
        scheduler=scheduler.name if scheduler else None,
        job=scheduler.job() if scheduler else None,
        from_epoch=from_epoch,
        from_step=from_step,
    )
    _Attempts(attempts=[*attempts(work), attempt]).write(_file(work))


def attempts(work: Path) -> list[Attempt]:
    """Return the attempts at an unfinished run, oldest first; a finished run has them in its run.json."""
    found = _Attempts.find(_file(work))
    return found.attempts if found else []


def _file(work: Path) -> Path:
    return work / "state" / "attempts.json"
