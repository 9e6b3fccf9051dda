"""The values behind claims that compare experiments, as dot plots: published, ours, and the interval of ours."""

from dataclasses import replace

import pandas as pd

from pixcycle.metrics.registry import SCORES
from pixcycle.paths import Direction
from pixcycle.report import rulers
from pixcycle.report.dot_plot import Dot, DotPlot
from pixcycle.report.published import read_published
from pixcycle.report.values import Values

PRINTED_IN = {"ucsd": ("ucsd-table-1", "ucsd-table-2")}
"""Chapter -> its transcribed tables of metrics, with columns `row`, `dataset` and one per metric."""


def dot_plots(values: Values, experiments: list[str], metric: str) -> list[DotPlot]:
    """Return a plot per dataset of those experiments that have the metric, in the report's order; none of one alone.

    Published values stand beside ours of the same ruler. Where the report's ruler is not that of the metric, each plot
    is followed by one of what the report's ruler gives, if that can be compared.
    """
    by_dataset: dict[str, list[str]] = {}
    for id in values.present((id for id in values.runs if id in experiments), metric):
        by_dataset.setdefault(values.one(id).asked_dataset, []).append(id)
    heading, plots = SCORES[metric].heading, []
    for dataset, ids in by_dataset.items():
        if len(ids) == 1:
            continue
        ruled = [id for id in ids if rulers.is_ruled(values, id, metric)]
        of = " of all test images" if ruled else ""
        plots.append(DotPlot(f"{heading}{of}, {values.title_of(dataset)}", [_dot(values, id, metric) for id in ids]))
        if len(same_ruler := [id for id in ruled if not rulers.no_difference(values, id)]) > 1:
            title = f"{heading} by the report's ruler, {dataset}"
            plots.append(DotPlot(title, [_ruled_dot(values, id, metric) for id in same_ruler]))
    return plots


def dot(values: Values, label: str, id: str, metric: str, direction: Direction | None = None) -> Dot:
    """Return an experiment's mean with its spread over seeds or, with one seed, its interval over test images."""
    spread = values.spread(id, metric, direction)
    half = values.half_interval(id, metric, direction) if spread is None else spread
    return Dot(label, values.mean(id, metric, direction), values.with_spread(id, metric, direction), half)


def _dot(values: Values, id: str, metric: str) -> Dot:
    row = dot(values, _label(values, id), id, metric)
    comparable = values.comparable and not rulers.is_ruled(values, id, metric)
    return _beside_published(values, row, id, metric) if comparable else row


def _ruled_dot(values: Values, id: str, metric: str) -> Dot:
    value, spread = rulers.mean_of(values, id, metric), rulers.spread_of(values, id, metric)
    row = Dot(_label(values, id), value, rulers.ruled_cell(values, id, metric).text, spread)
    return _beside_published(values, row, id, metric)


def _beside_published(values: Values, row: Dot, id: str, metric: str) -> Dot:
    printed = _printed(values, id, metric)
    if printed is None:
        return row
    return replace(row, reference=printed, shown_reference=f"{printed:.{SCORES[metric].digits}f}")


def _label(values: Values, id: str) -> str:
    return values.one(id).config.label or id


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
