"""Record of the attempts at a run: when, where and from which epoch each began."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pixcycle.base.files import read_json, write_json
from pixcycle.machine.gpu import VISIBLE
from pixcycle.scheduler.registry import current


def note(work: Path, from_epoch: int, from_step: int = 0) -> None:
    """Record the attempt that starts now.

    Parameters
    ----------
    work
        Folder of the unfinished run.
    from_epoch, from_step
        Epochs, and steps of the next epoch, that earlier attempts finished.
    """
    started = datetime.now(UTC).isoformat(timespec="seconds")
    scheduler = current()
    attempt = {
        "started": started,
        "host": platform.node(),
        "cards": os.environ.get(VISIBLE),
        "scheduler": scheduler.name if scheduler else None,
        "job": scheduler.job() if scheduler else None,
        "from_epoch": from_epoch,
        "from_step": from_step,
    }
    write_json(_notes(work), [*attempts(work), attempt])


def attempts(work: Path) -> list[dict[str, Any]]:
    """Return the attempts at an unfinished run, oldest first; a finished run has them in its run.json."""
    return read_json(_notes(work)) if _notes(work).exists() else []


def _notes(work: Path) -> Path:
    return work / "state" / "attempts.json"
