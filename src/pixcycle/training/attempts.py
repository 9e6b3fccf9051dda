"""The attempts at a run, each of which notes when, where and from which epoch it began."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pixcycle.engine.gpu import VISIBLE
from pixcycle.files import read_json, write_json


def note(work: Path, from_epoch: int, from_step: int = 0) -> None:
    """Add the attempt that starts now. from_epoch, from_step: how many epochs, and steps of the next, it finds done."""
    started = datetime.now(UTC).isoformat(timespec="seconds")
    attempt = {
        "started": started,
        "host": platform.node(),
        "cards": os.environ.get(VISIBLE),
        "slurm_job_id": os.environ.get("SLURM_JOB_ID"),
        "from_epoch": from_epoch,
        "from_step": from_step,
    }
    write_json(_notes(work), [*attempts(work), attempt])


def attempts(work: Path) -> list[dict[str, Any]]:
    """Those at an unfinished run, the first one first; a finished run has them in its run.json."""
    return read_json(_notes(work)) if _notes(work).exists() else []


def _notes(work: Path) -> Path:
    return work / "state" / "attempts.json"
