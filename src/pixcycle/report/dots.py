"""The values behind claims that compare experiments, as dot plots: published, ours, and the interval of ours."""

import pandas as pd

from pixcycle.metrics.registry import SCORES
from pixcycle.report.content import Dot, DotPlot
from pixcycle.report.published import read_published
from pixcycle.report.rulers import is_ruled
from pixcycle.report.values import Values

PRINTED_IN = {"ucsd": ("ucsd-table-1", "ucsd-table-2")}
"""Chapter -> its transcribed tables of metrics, with columns `row`, `dataset` and one per metric."""


def dot_plots(values: Values, experiments: list[str], metric: str) -> list[DotPlot]:
    """Return a plot per dataset of those experiments that have the metric; none of a single experiment."""
    by_dataset: dict[str, list[str]] = {}
    for id in values.present(dict.fromkeys(experiments), metric):
        by_dataset.setdefault(values.one(id).asked_dataset, []).append(id)
    heading = SCORES[metric].heading
    return [
        DotPlot(f"{heading}, {values.title_of(dataset)}", [_dot(values, id, metric) for id in ids])
        for dataset, ids in by_dataset.items()
        if len(ids) > 1
    ]


def _dot(values: Values, experiment: str, metric: str) -> Dot:
    spread = values.spread(experiment, metric)
    half = values.half_interval(experiment, metric) if spread is None else spread
    name = values.one(experiment).config.label or experiment
    return Dot(
        name,
        values.mean(experiment, metric),
        half,
        _printed(values, experiment, metric)
        if values.comparable and not is_ruled(values, experiment, metric)
        else None,
        values.with_spread(experiment, metric),
    )


def _printed(values: Values, experiment: str, metric: str) -> float | None:
    run = values.one(experiment)
    for name in PRINTED_IN.get(run.chapter, ()):
        table = read_published(name, values.root)
        if metric not in table:
            continue
        found = table[(table["dataset"] == run.asked_dataset) & (table["row"] == run.config.label)][metric]
        if len(found) and pd.notna(found.iloc[0]):
            return float(found.iloc[0])
    return None
