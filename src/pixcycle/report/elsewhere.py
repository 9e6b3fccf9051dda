"""What others measured on the same tasks, for the columns and rows called elsewhere."""

from pathlib import Path

import pandas as pd

from pixcycle.report.fingerprint import PUBLISHED

FID_NOTE = (
    "Elsewhere: the FID of the authors' weights, then of reruns of their recipe, by {}. N, split and resize differ "
    "between sources: a difference below 10 says nothing."
)
SCORES = ("pixel_accuracy", "class_accuracy", "class_iou")


def fid_elsewhere(root: Path) -> dict[tuple[str, str], str]:
    """(experiment, direction) -> `119.1; 125.0, 127.8`: the authors' weights; reruns."""
    table = pd.read_csv(root / PUBLISHED / "elsewhere-fid.csv", dtype=str)
    return {(row.experiment, row.direction): f"{row.official}; {row.reruns}" for row in table.itertuples()}


def fid_note(root: Path) -> str:
    """What stands below a table that has such values."""
    sources = pd.read_csv(root / PUBLISHED / "elsewhere-fid.csv", dtype=str)["source"]
    return FID_NOTE.format(", ".join(sources.unique()))


def fcn_elsewhere(root: Path, source: str, task: str, row: str) -> dict[str, float]:
    """The three scores of a row of fcn-score.csv."""
    table = pd.read_csv(root / PUBLISHED / "fcn-score.csv")
    found = table[(table["source"] == source) & (table["task"] == task) & (table["row"] == row)].iloc[0]
    return {score: float(found[score]) for score in SCORES}
