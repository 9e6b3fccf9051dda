"""What DVC compares from one version to the next: a few numbers and the losses of each experiment, in small files."""

from pathlib import Path

import numpy as np
import pandas as pd

from pixcycle.files import finished_folder, write_bytes, write_json
from pixcycle.report.values import Values
from pixcycle.training.history import read_history

COMPARED = ("fid", "kid", "precision", "recall", "l1", "class_iou")
"""Columns of `dvc metrics show`, where an experiment has them."""
TERMS = {
    "reconstruction": ["g_reconstruction", "cycle_a", "cycle_b"],
    "generator": ["g_gan", "g_ab_gan", "g_ba_gan"],
    "discriminator": ["d", "d_a", "d_b"],
}
"""Lines of `dvc plots show`, alike for all methods: each the mean of these losses, which are not yet weighted."""


def write_versioned(values: Values, out: Path) -> None:
    """Write metrics/CHAPTER/EXPERIMENT.json, means over seeds, and losses/CHAPTER/EXPERIMENT.csv, see `losses`.

    values: those of one chapter. Below `out` they stand apart from its report, as DVC looks through whole folders.
    """
    metrics, curves = out / "metrics" / values.selection, out / "losses" / values.selection
    with finished_folder(metrics) as numbers, finished_folder(curves) as lines:
        for id, runs in values.runs.items():
            name = runs[0].name
            write_json(numbers / f"{name}.json", {m: values.mean(id, m) for m in COMPARED if values.has(id, m)})
            if all(values.records[run.key]["steps"] for run in runs):
                histories = [read_history(values.root / run.folder) for run in runs]
                write_bytes(lines / f"{name}.csv", losses(histories).to_csv(float_format="%.6g").encode())


def losses(histories: list[pd.DataFrame]) -> pd.DataFrame:
    """By epoch, counted from 1, the mean of TERMS over the logged steps of all seeds; empty where not finite."""
    rows = pd.concat(histories).replace([np.inf, -np.inf], np.nan)
    means = rows.groupby("epoch").mean(skipna=False)
    terms = {term: means[means.columns.intersection(of)].mean(axis=1, skipna=False) for term, of in TERMS.items()}
    return pd.DataFrame(terms).set_axis(means.index + 1)
