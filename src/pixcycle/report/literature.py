"""Values that other authors measured on the same tasks; tables show them in columns headed "elsewhere"."""

from pathlib import Path

import pandas as pd

from pixcycle.metrics.segmentation import FCN_SCORE
from pixcycle.paths import PUBLISHED

FID_NOTE = (
    "Elsewhere: the FID of the authors' weights; then of reruns of their recipe (mmgeneration; some were read in a "
    "secondary page) or, after |, with another resize (clean-fid @cite-parmar2022). N, split and resize differ between "
    "sources: a difference below 10 says nothing."
)


def fid_elsewhere(root: Path) -> dict[tuple[str, str], str]:
    """Return FIDs as the text of a cell, such as `119.1; 125.0, 127.8`, for each (experiment, direction).

    The value of the authors' weights comes first, those of reruns after the semicolon, and those with another resize
    after a `|`.
    """
    fids: dict[tuple[str, str], str] = {}
    for row in pd.read_csv(root / PUBLISHED / "elsewhere-fid.csv", dtype=str).itertuples():
        key, value = (row.experiment, row.direction), f"{row.official}; {row.reruns}"
        fids[key] = f"{fids[key]} | {value}" if key in fids else value
    return fids


def fcn_elsewhere(root: Path, source: str, task: str, row: str) -> dict[str, float]:
    """Return the three scores of FCN-score in the row of fcn-score.csv that has these values in its first columns."""
    table = pd.read_csv(root / PUBLISHED / "fcn-score.csv")
    scores = table[(table["source"] == source) & (table["task"] == task) & (table["row"] == row)].iloc[0]
    return {score: float(scores[score]) for score in FCN_SCORE}
