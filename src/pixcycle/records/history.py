"""The losses of a run in history.csv: one row for each logged step."""

import csv
import os
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from pixcycle.base.checksums import verified
from pixcycle.base.disk_full import room_for
from pixcycle.base.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

_ROW = re.compile(rb"\d+,(\d+),.*\n")
"""A complete row, with its step as the group."""


def read_history(run: Path, sums: Iterable[str] = ()) -> "pd.DataFrame":
    """Return the losses of a run, a row for each logged step.

    Columns are epoch and step, both counted from 0 over the whole run, and the losses. Losses may be NaN or infinite,
    as the last ones of a collapsed run are.

    Parameters
    ----------
    sums
        Losses that are sums of two halves in the file, and are returned as the mean of both.

    Raises
    ------
    UserError
        If the file or a value is missing, a value is not a number, or the file is not what was written; the message
        names the file.
    """
    import pandas as pd  # imported late: training needs it only at its end

    file = run / "history.csv"
    types = defaultdict(lambda: float, epoch=int, step=int)
    try:
        history = pd.read_csv(verified(file), dtype=types, keep_default_na=False, na_values=["nan"])
        if list(history.columns[:2]) != ["epoch", "step"]:
            raise ValueError("it does not begin with the columns epoch and step")
    except ValueError as error:
        raise UserError(f"{file}: is not a history of losses ({error}); remove {run} to train it again") from None
    history[history.columns.intersection(list(sums))] /= 2
    return history


class History:
    """Append rows to history.csv; a resumed run first drops the rows of the steps that it will repeat.

    Parameters
    ----------
    steps_done
        Number of steps, over the whole run, that the saved state includes from which the run resumes.
    """

    def __init__(self, path: Path, steps_done: int):
        self._path = path
        self._unwritten: list[dict] = []
        if path.exists():
            _cut_off(path, steps_done)

    def add(self, epoch: int, step: int, losses: dict[str, float]) -> None:
        """Add a row, which `flush` writes; epoch and step count from 0 over the whole run."""
        self._unwritten.append({"epoch": epoch, "step": step} | {k: f"{v:.7g}" for k, v in losses.items()})

    def flush(self) -> None:
        """Write the added rows to the file and flush it to the disk."""
        if not self._unwritten:
            return
        with room_for(self._path), self._path.open("a", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(self._unwritten[0]))
            if file.tell() == 0:
                writer.writeheader()
            writer.writerows(self._unwritten)
            file.flush()
            os.fsync(file.fileno())
        self._unwritten.clear()


def _cut_off(path: Path, step: int) -> None:
    """Cut the file after the last complete row before a step, without loading the rows into memory."""
    with path.open("rb+") as file:
        head = file.readline()
        kept = 0
        for line in file:
            row = _ROW.fullmatch(line)
            if not row or int(row[1]) >= step:
                break
            kept += len(line)
        file.truncate(kept and len(head) + kept)
