"""The values behind claims that compare experiments, as dot plots: published, ours, and the interval of ours."""

import pandas as pd

from pixcycle.metrics.registry import SCORES
from pixcycle.report import rulers
from pixcycle.report.content import Dot, DotPlot
from pixcycle.report.published import read_published
from pixcycle.report.values import Values

PRINTED_IN = {"ucsd": ("ucsd-table-1", "ucsd-table-2")}
"""Chapter -> its transcribed tables of metrics, with columns `row`, `dataset` and one per metric."""


def dot_plots(values: Values, experiments: list[str], metric: str) -> list[DotPlot]:
    """Return a plot per dataset of those experiments that have the metric; none of a single experiment.

    Published values stand beside ours of the same ruler. Where the report's ruler is not that of the metric, each plot
    is followed by one of what the report's ruler gives, if that can be compared.
    """
    by_dataset: dict[str, list[str]] = {}
    for id in values.present(dict.fromkeys(experiments), metric):
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


def _dot(values: Values, id: str, metric: str) -> Dot:
    spread = values.spread(id, metric)
    half = values.half_interval(id, metric) if spread is None else spread
    comparable = values.comparable and not rulers.is_ruled(values, id, metric)
    printed = _printed(values, id, metric) if comparable else None
    return _row(values, id, metric, values.mean(id, metric), values.with_spread(id, metric), half, printed)


def _ruled_dot(values: Values, id: str, metric: str) -> Dot:
    value, spread = rulers.mean_of(values, id, metric), rulers.spread_of(values, id, metric)
    shown = rulers.ruled_cell(values, id, metric).text
    return _row(values, id, metric, value, shown, spread, _printed(values, id, metric))


def _row(
    values: Values, id: str, metric: str, value: float, shown: str, half: float | None, printed: float | None
) -> Dot:
    label = values.one(id).config.label or id
    if printed is None:
        return Dot(label, value, shown, half)
    return Dot(label, value, shown, half, printed, f"{printed:.{SCORES[metric].digits}f}")


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
