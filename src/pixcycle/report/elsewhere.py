"""What others measured on the same tasks, for the columns and rows called elsewhere."""

from pathlib import Path

import pandas as pd

from pixcycle.report.fingerprint import PUBLISHED
from pixcycle.report.values import SCORES

FID_NOTE = (
    "Elsewhere: the FID of the authors' weights; then of reruns of their recipe (mmgeneration; some were read in a "
    "secondary page) or, after |, with another resize (clean-fid @cite-parmar2022). N, split and resize differ between "
    "sources: a difference below 10 says nothing."
)


def fid_elsewhere(root: Path) -> dict[tuple[str, str], str]:
    """(experiment, direction) -> `119.1; 125.0, 127.8`: the authors' weights; reruns, or another resize."""
    found: dict[tuple[str, str], str] = {}
    for row in pd.read_csv(root / PUBLISHED / "elsewhere-fid.csv", dtype=str).itertuples():
        key, value = (row.experiment, row.direction), f"{row.official}; {row.reruns}"
        found[key] = f"{found[key]} | {value}" if key in found else value
    return found


def fcn_elsewhere(root: Path, source: str, task: str, row: str) -> dict[str, float]:
    """The three scores of a row of fcn-score.csv."""
    table = pd.read_csv(root / PUBLISHED / "fcn-score.csv")
    found = table[(table["source"] == source) & (table["task"] == task) & (table["row"] == row)].iloc[0]
    return {score: float(found[score]) for score in SCORES}
