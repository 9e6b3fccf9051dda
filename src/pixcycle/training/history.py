"""The losses of a run as history.csv: one row a logged step."""

import csv
from pathlib import Path

import pandas as pd


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
                self._rows = [row for row in csv.DictReader(file) if int(row["epoch"]) < epochs_done]
            path.unlink()
        self._flushed = 0
        self.flush()

    def add(self, epoch: int, step: int, losses: dict[str, float]) -> None:
        """epoch, step: counted from 0, over the whole run."""
        self._rows.append({"epoch": epoch, "step": step} | {k: f"{v:.7g}" for k, v in losses.items()})

    def flush(self) -> None:
        """Bring the file up to the last row added."""
        fresh = self._rows[self._flushed :]
        if not fresh:
            return
        with self._path.open("a", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(fresh[0]))
            if not self._flushed:
                writer.writeheader()
            writer.writerows(fresh)
        self._flushed = len(self._rows)
