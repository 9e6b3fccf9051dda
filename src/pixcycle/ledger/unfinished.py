"""Progress of an unfinished run, read from its folder and its log."""

import re
from pathlib import Path
from typing import Any

from pixcycle.base.files import read_json

_TAIL = 16384
_ROW = re.compile(rb"^(\d+),.*\n", re.MULTILINE)


def epochs_done(work: Path) -> int:
    """Count the finished epochs in a run's history, which is written after each epoch and whenever a state is saved."""
    rows = _ROW.findall(_tail(work / "history.csv"))
    if not rows:
        return 0
    state, last_epoch = _state(work), int(rows[-1])
    return last_epoch if state.get("step") and state["epoch"] == last_epoch else last_epoch + 1


def goes_on_after(work: Path) -> int | None:
    """Return the epoch after which the next attempt resumes; 0 if it starts from scratch, None if that is unknown."""
    if not (work / "state/last.pt").exists():
        return 0
    return _state(work).get("epoch")


def failure(log: Path) -> str:
    """Return the error at the end of a log; empty if there is none, as after a kill."""
    lines = _tail(log).decode(errors="replace").splitlines()
    last_line = next((line for line in reversed(lines) if line.strip()), "")
    if last_line.startswith("pixcycle: "):
        return last_line.removeprefix("pixcycle: ")
    tracebacks = [i for i, line in enumerate(lines) if line.startswith("Traceback ")]
    if not tracebacks:
        return ""
    error = next((line for line in lines[tracebacks[-1] + 1 :] if line.strip() and not line.startswith(" ")), "")
    return "" if error.startswith("KeyboardInterrupt") else error


def _state(work: Path) -> dict[str, Any]:
    """Return a run's progress when its state was saved; empty if that was not recorded."""
    file = work / "state/done.json"
    return read_json(file, "epoch") if file.exists() else {}


def _tail(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            opened.seek(max(0, file.stat().st_size - _TAIL))
            return opened.read()
    except FileNotFoundError:
        return b""
