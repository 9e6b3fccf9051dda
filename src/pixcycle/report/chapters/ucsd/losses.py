"""The scales of Figure 2 of report 000, and the first losses that its authors' code logged, beside ours."""

from typing import Any

import numpy as np
import pandas as pd

from pixcycle.report.content import Cell, Column, Table
from pixcycle.report.draft import Draft
from pixcycle.report.published import NOT_RUN, NOTHING

NOTES = (
    "Maps: read off Figure 2, whose curves are noisy and smoothed; D's rises above 1.3 at times. Whether that D is the "
    "sum of its halves is not said; ours is their mean.",
    "Facades: short runs of batch size 16 that the authors' public repository logged: 14, 7 in the second epoch "
    "and one after it. Their D is the sum of its halves, and so is ours in these rows. Whether Table 1 comes from that "
    "code is not known.",
)


def losses_table(draft: Draft) -> list[Table]:
    """Return a table of published and own losses, without any if neither L1 run is part of the report."""
    runs = {dataset: f"ucsd-{dataset}-l1" for dataset in ("maps", "facades")}
    present = {dataset: draft.one(id) for dataset, id in runs.items() if id in draft}
    if not present:
        return []
    histories = {dataset: draft.history(run) for dataset, run in present.items()}
    epochs = {dataset: draft.records[run.key].epochs for dataset, run in present.items()}
    rows = []
    for row in draft.read_published("ucsd-figure-2").itertuples():
        known = row.dataset in present
        ours = _ours(histories[row.dataset], epochs[row.dataset], row) if known else NOT_RUN
        published = Cell(_interval(row.low, row.high), "published")
        rows.append([Cell(row.row), Cell(draft.title_of(row.dataset)), published, ours])
    columns = [Column("Loss", numeric=False), Column("Data", numeric=False), Column("published"), Column("ours")]
    keys = [run.key for run in present.values()]
    measured = f"Ours: {' and '.join(keys)}; means of each epoch's logged steps, the least and the greatest of several."
    caption = "Losses of the L1 experiments: the scales of Figure 2 of the report, and the first losses of its code"
    return [Table("ucsd-figure-2-losses", caption, columns, rows, [measured, *NOTES], keys)]


def _ours(history: pd.DataFrame, epochs: int, published: Any) -> Cell:
    """Return the range of our loss in the part of the training that a published row is about."""
    if published.part == "first step":
        losses = history[history["step"] == 0][published.term]
    else:
        means = history.groupby("epoch")[published.term].mean()
        parts = {
            "first epoch": [0],
            "second epoch": [1],
            "epochs 3 to 5": [2, 3, 4],
            "first fifth": range(max(1, round(epochs / 5))),
            "last epoch": [epochs - 1],
            "all epochs": range(epochs),
        }
        losses = means[means.index.isin(parts[published.part])]
    losses = losses[np.isfinite(losses)] * published.times
    return Cell(_interval(losses.min(), losses.max(), digits=2)) if len(losses) else NOTHING


def _interval(low: float, high: float, digits: int | None = None) -> str:
    texts = [f"{value:g}" if digits is None else f"{value:.{digits}f}" for value in (low, high)]
    return " to ".join(dict.fromkeys(texts))
