"""The first losses that the public code of report 003 logged, beside ours."""

import numpy as np
import pandas as pd

from pixcycle.report.chapters.kth.runs import CURVES, weighted
from pixcycle.report.content import Cell, Column, Table
from pixcycle.report.draft import Draft
from pixcycle.report.published import NOTHING

TERMS = {"gan": ["g_ab_gan", "g_ba_gan"], "cycle": ["cycle"], "d": ["d_a", "d_b"]}
"""Kind of loss -> our columns, in the order of summer and winter."""
NOTES = (
    "Published: a run of 110 batches of summer2winter, whose log is in the authors' public repository, "
    "github.com/ayberkuckun/DeepLearningDataScienceProject, from commit dc1c1eb to 08ded8d. Of two networks both "
    "values are given. That repository draws initial weights from a distribution seven times wider than the CycleGAN "
    "paper's, so that its first losses are large.",
)


def first_losses(draft: Draft) -> list[Table]:
    """Return a table of published and own losses at the same batches; empty if the run was not made."""
    if CURVES not in draft:
        return []
    run = draft.one(CURVES)
    losses = weighted(draft.history(run), run.config)
    losses["cycle"] = losses["cycle_a"] + losses["cycle_b"]
    rows = [
        [Cell(row.row), Cell(str(row.batch)), Cell(row.printed, "published"), _ours(losses, row.batch, row.loss)]
        for row in draft.read_published("kth-first-losses").itertuples()
    ]
    columns = [Column("Loss", numeric=False), Column("batch"), Column("published"), Column("ours")]
    measured = f"Ours: {run.key}, summer before winter, {run.config.log_every} batches between two logged rows."
    caption = f"First losses of the summer to winter run, on {draft.data_of(CURVES)}"
    return [Table("kth-first-losses", caption, columns, rows, [measured, *NOTES], [run.key])]


def _ours(losses: pd.DataFrame, batch: int, kind: str) -> Cell:
    """Return our losses in the row that was logged nearest to a batch; none if the run ended before it."""
    if batch > losses["step"].max():
        return NOTHING
    row = losses.iloc[int((losses["step"] - batch).abs().argmin())]
    values = [row[term] for term in TERMS[kind]]
    return Cell(" and ".join(f"{value:.2f}" for value in values)) if np.isfinite(values).all() else NOTHING
