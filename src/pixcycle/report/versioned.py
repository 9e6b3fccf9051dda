"""Small files that DVC compares between versions: a few metrics and the losses of each experiment."""

from pathlib import Path

import numpy as np
import pandas as pd

from pixcycle.base.files import finished_folder, write_bytes, write_json
from pixcycle.methods.method import Losses
from pixcycle.methods.registry import METHODS
from pixcycle.metrics.registry import SCORES
from pixcycle.report.values import Values

COMPARED = [score.name for score in SCORES.values() if score.versioned]
"""Columns of `dvc metrics show`, for experiments that have them."""
TERMS = ("reconstruction", "generator", "discriminator")
"""Lines of `dvc plots show`, the same for all methods: each is the mean of a term's losses before weighting."""


def write_versioned(values: Values, reports: Path) -> None:
    """Write metrics/CHAPTER/EXPERIMENT.json (see `_compared`) and losses/CHAPTER/EXPERIMENT.csv (see `losses`).

    Parameters
    ----------
    values
        Of one chapter.
    reports
        The folder that holds the chapter's report; the files lie outside that report, as DVC reads whole folders.
    """
    metrics, curves = reports / "metrics" / values.selection, reports / "losses" / values.selection
    with finished_folder(metrics) as numbers, finished_folder(curves) as lines:
        for id, runs in values.runs.items():
            name = runs[0].name
            write_json(numbers / f"{name}.json", _compared(values, id))
            if all(values.records[run.key].steps for run in runs):
                histories = [values.history(run) for run in runs]
                table = losses(histories, METHODS[runs[0].config.method].losses)
                write_bytes(lines / f"{name}.csv", table.to_csv(float_format="%.6g").encode())


def _compared(values: Values, id: str) -> dict[str, float | str]:
    """Return an experiment's means over seeds, the number n of generated images, k and the extractor behind them."""
    measured = values.measured[values.one(id).key]
    means = {metric: values.mean(id, metric) for metric in COMPARED if values.has(id, metric)}
    n = measured.metrics[measured.direction].n_fake
    return means | {"n": n, "k": measured.neighbours, "extractor": measured.extractor}


def losses(histories: list[pd.DataFrame], terms: Losses) -> pd.DataFrame:
    """Return the mean of each of TERMS by epoch, over the logged steps of all seeds.

    Parameters
    ----------
    terms
        The names of each term's losses.

    Returns
    -------
    One row per epoch, counted from 1; NaN if a value of the epoch is not finite.
    """
    logged = pd.concat(histories).replace([np.inf, -np.inf], np.nan)
    means = logged.groupby("epoch").mean(skipna=False)
    rows = {
        term: means[means.columns.intersection(list(getattr(terms, term)))].mean(axis=1, skipna=False) for term in TERMS
    }
    return pd.DataFrame(rows).set_axis(means.index + 1)
