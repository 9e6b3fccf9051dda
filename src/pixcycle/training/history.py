"""The losses of a run as history.csv: one row a logged step."""

import csv
import os
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from pixcycle.errors import UserError
from pixcycle.room import room_for

if TYPE_CHECKING:
    import pandas as pd

_ROW = re.compile(rb"\d+,(\d+),.*\n")
"""A whole one, and its step."""


def read_history(run: Path) -> "pd.DataFrame":
    """A row a logged step: epoch and step, counted from 0 over the whole run, and the losses.

    A loss may be NaN or infinite, as the last ones of a collapsed run are. Raises UserError, naming the file, for what
    is neither that nor a number, or is missing.
    """
    import pandas as pd  # late: a training needs it at its end only

    file = run / "history.csv"
    types = defaultdict(lambda: float, epoch=int, step=int)
    try:
        history = pd.read_csv(file, dtype=types, keep_default_na=False, na_values=["nan"])
        if list(history.columns[:2]) != ["epoch", "step"]:
            raise ValueError("it does not begin with the columns epoch and step")
        return history
    except ValueError as error:
        raise UserError(f"{file}: is no history of losses ({error}); remove {run}, and it is trained again") from None


class History:
    """Appends to history.csv; a resumed run first drops the rows of the steps that it will repeat.

    steps_done: how many steps of the whole run are behind the state that it resumes from.
    """

    def __init__(self, path: Path, steps_done: int):
        self._path = path
        self._fresh: list[dict] = []
        if path.exists():
            _cut_off(path, steps_done)

    def add(self, epoch: int, step: int, losses: dict[str, float]) -> None:
        """epoch, step: counted from 0, over the whole run."""
        self._fresh.append({"epoch": epoch, "step": step} | {k: f"{v:.7g}" for k, v in losses.items()})

    def flush(self) -> None:
        """Bring the file up to the last row added, and onto the disk."""
        if not self._fresh:
            return
        with room_for(self._path), self._path.open("a", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(self._fresh[0]))
            if file.tell() == 0:
                writer.writeheader()
            writer.writerows(self._fresh)
            file.flush()
            os.fsync(file.fileno())
        self._fresh.clear()


def _cut_off(path: Path, step: int) -> None:
    """Keep the whole rows before a step; of a million rows none is kept in memory."""
    with path.open("rb+") as file:
        head = file.readline()
        kept = 0
        for line in file:
            row = _ROW.fullmatch(line)
            if not row or int(row[1]) >= step:
                break
            kept += len(line)
        file.truncate(kept and len(head) + kept)
