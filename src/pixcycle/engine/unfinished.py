"""How far a run that is not finished has come, told by the files of its folder and by its log."""

import re
from pathlib import Path
from typing import Any

from pixcycle.files import read_json

_TAIL = 16384
_ROW = re.compile(rb"^(\d+),.*\n", re.MULTILINE)


def epochs_done(work: Path) -> int:
    """Epochs that its history has, which is brought up to date at the end of each, and when a state is saved."""
    rows = _ROW.findall(_tail(work / "history.csv"))
    if not rows:
        return 0
    state, last = _state(work), int(rows[-1])
    return last if state.get("step") and state["epoch"] == last else last + 1


def goes_on_after(work: Path) -> int | None:
    """The epoch after which the next attempt goes on; 0 if it begins anew, None where nothing says."""
    if not (work / "state/last.pt").exists():
        return 0
    return _state(work).get("epoch")


def failure(log: Path) -> str:
    """The error that a log ends with; empty if there is none, as after a kill, which leaves no word."""
    lines = _tail(log).decode(errors="replace").splitlines()
    last = next((line for line in reversed(lines) if line.strip()), "")
    if last.startswith("pixcycle: "):
        return last.removeprefix("pixcycle: ")
    tracebacks = [i for i, line in enumerate(lines) if line.startswith("Traceback ")]
    if not tracebacks:
        return ""
    error = next((line for line in lines[tracebacks[-1] + 1 :] if line.strip() and not line.startswith(" ")), "")
    return "" if error.startswith("KeyboardInterrupt") else error


def _state(work: Path) -> dict[str, Any]:
    """How far a run had come when its state was saved; nothing where that is not told."""
    done = work / "state/done.json"
    return read_json(done, "epoch") if done.exists() else {}


def _tail(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            opened.seek(max(0, file.stat().st_size - _TAIL))
            return opened.read()
    except FileNotFoundError:
        return b""
