"""The losses of a run as history.csv: one row a logged step."""

import csv
import io
from pathlib import Path

import pandas as pd

from pixcycle.files import write_bytes
from pixcycle.room import room_for


def read_history(run: Path) -> pd.DataFrame:
    """A row a logged step: epoch and step, counted from 0 over the whole run, and the losses."""
    return pd.read_csv(run / "history.csv")


class History:
    """Appends to history.csv; a resumed run first drops the rows after the epoch that it resumes from."""

    def __init__(self, path: Path, epochs_done: int):
        self._path = path
        self._rows: list[dict] = []
        if path.exists():
            with path.open(newline="") as file:
                whole = (row for row in csv.DictReader(file) if None not in row.values())
                self._rows = [row for row in whole if int(row["epoch"]) < epochs_done]
            write_bytes(path, _as_csv(self._rows, with_head=True).encode())
        self._flushed = len(self._rows)

    def add(self, epoch: int, step: int, losses: dict[str, float]) -> None:
        """epoch, step: counted from 0, over the whole run."""
        self._rows.append({"epoch": epoch, "step": step} | {k: f"{v:.7g}" for k, v in losses.items()})

    def flush(self) -> None:
        """Bring the file up to the last row added."""
        fresh = self._rows[self._flushed :]
        if not fresh:
            return
        with room_for(self._path), self._path.open("a", newline="") as file:
            file.write(_as_csv(fresh, with_head=not self._flushed))
        self._flushed = len(self._rows)


def _as_csv(rows: list[dict], with_head: bool) -> str:
    if not rows:
        return ""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    if with_head:
        writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
