"""Published values beside reproduced ones: tables, differences and notes on how values were measured."""

from pathlib import Path
from typing import Literal

import pandas as pd

from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.metrics.registry import METRIC_OF, SCORES, in_tables
from pixcycle.params.schema import CODED
from pixcycle.paths import PUBLISHED
from pixcycle.records.calibration import CalibrationRecord
from pixcycle.records.metrics import Measured
from pixcycle.report.agreement import agreement
from pixcycle.report.content import Basis, Cell, Column, Table
from pixcycle.report.counts import left_out, measured_images
from pixcycle.report.literature import FID_NOTE, fid_elsewhere
from pixcycle.report.rulers import (
    OWN_IMAGES,
    calibration_cell,
    calibration_note,
    calibration_of,
    difference,
    has,
    is_ruled,
    mean_of,
    ruled_cell,
    ruler_of,
)
from pixcycle.report.rulers import notes as ruler_notes
from pixcycle.report.values import Values

NOTHING = Cell("–", "muted")
NOT_RUN = Cell("not run", "muted")
INFINITE = Cell("∞")
"""The value of an unbounded score such as PSNR if a generated image equals its truth."""


def read_published(name: str, root: Path) -> pd.DataFrame:
    """Read a transcribed table: columns row, dataset and one per metric."""
    return pd.read_csv(root / PUBLISHED / f"{name}.csv")


def fid_differences(values: Values) -> list[float]:
    """Return our FID minus the one that report 000 prints, per experiment; empty if the two are not comparable."""
    published = pd.concat(read_published(f"ucsd-table-{number}", values.root) for number in (1, 2))
    printed = {(row.dataset, row.row): row.fid for row in published.itertuples()}
    ours = {id: (seeds[0].asked_dataset, seeds[0].config.label) for id, seeds in values.runs.items()}
    fids = {id: printed[ours[id]] for id in ours if id.startswith("ucsd-") and ours[id] in printed}
    gaps = [difference(values, id, "fid", fid) for id, fid in fids.items()]
    return [gap for gap in gaps if gap is not None]


def comparison_table(
    values: Values,
    id: str,
    caption: str,
    experiments: list[str],
    published: pd.DataFrame,
    metrics: list[str],
    further: list[str],
) -> Table:
    """Return a table with one row per experiment: `metrics` as published | ours | difference, `further` as ours only.

    If some were also run as coded, ours and the difference stand there twice: as written, and as coded. If the chapter
    has a ruler, `metrics` are what it reads, and stand among `further` as all metrics are measured.

    Parameters
    ----------
    experiments
        Ids, all of one dataset.
    published
        Rows of that dataset. A row without a run shows its published values.
    """
    ruled = [metric for metric in metrics if is_ruled(values, experiments[0], metric)]
    further = [m for m in in_tables([*ruled, *further]) if m in ruled or m not in metrics]
    further = [m for m in further if any(values.has(e, m) for e in experiments)]
    columns = [Column("Experiment", numeric=False)]
    known = fid_elsewhere(values.root)
    elsewhere = {e: known[key] for e in experiments if (key := (e, values.one(e).config.direction)) in known}
    coded = {e: e + CODED for e in experiments if e + CODED in values}
    ours = ("ours as written", "difference", "ours as coded", "difference") if coded else ("ours", "difference")
    for metric in metrics:
        columns += [Column(title, group=SCORES[metric].heading) for title in ("published", *ours)]
        if metric == "fid" and elsewhere and not ruled:
            columns.append(Column("elsewhere", group=SCORES[metric].heading))
    for metric in further:
        columns.append(Column(SCORES[metric].heading, group="all test images" if ruled else "ours only"))
        if metric == "fid" and elsewhere:
            columns.append(Column("FID elsewhere", group="all test images"))
    best = {metric: _best(values, experiments, metric) for metric in further}
    best_written = {metric: _best_beside(values, experiments, metric) for metric in metrics}
    best_coded = {metric: _best_beside(values, [*coded.values()], metric) for metric in metrics}
    calibration = calibration_of(values, experiments)
    rows = [_calibration_row(calibration, metrics, columns)] if calibration else []
    for title, label, experiment in _rows(values, experiments, published):
        printed = published[published["row"] == label]
        row = [Cell(title)]
        for metric in metrics:
            number = None if printed.empty else float(printed[metric].iloc[0])
            row += [_printed(number, metric), *_beside(values, experiment, number, metric, best_written)]
            if experiment in coded:
                row += _beside(values, coded[experiment], number, metric, best_coded)
            elif coded:
                row += [NOTHING, NOTHING]
            if metric == "fid" and elsewhere and not ruled:
                row.append(Cell(elsewhere[experiment], "published") if experiment in elsewhere else NOTHING)
        for metric in further:
            row.append(_ours(values, experiment, metric, best))
            if metric == "fid" and elsewhere:
                row.append(Cell(elsewhere[experiment], "published") if experiment in elsewhere else NOTHING)
        rows.append(row)
    columns, rows = _without_empty_differences(columns, rows)
    notes = _notes(values, experiments)
    if calibration:
        chapter = values.plan.params.chapters[values.one(experiments[0]).chapter]
        notes.append(calibration_note(calibration, chapter.calibration.archive, published))
    if coded:
        notes.append("As written: by the report's text. As coded: by the code that its authors published.")
    if elsewhere:
        notes.append(FID_NOTE)
    return Table(id, caption, columns, rows, notes, values.keys(*experiments, *coded.values()))


def _without_empty_differences(columns: list[Column], rows: list[list[Cell]]) -> tuple[list[Column], list[list[Cell]]]:
    """Leave out the columns of differences that are given in no row; the notes say why."""
    found = [any(row[i] != NOTHING for row in rows) for i in range(len(columns))]
    kept = [i for i, column in enumerate(columns) if found[i] or column.title != "difference"]
    return [columns[i] for i in kept], [[row[i] for i in kept] for row in rows]


def _calibration_row(calibration: CalibrationRecord, metrics: list[str], columns: list[Column]) -> list[Cell]:
    """Return the row of the authors' own images, which has values beside published ones only."""
    cells = {SCORES[metric].heading: calibration_cell(calibration, metric) for metric in metrics}
    own = [cells.get(column.group) if column.title in ("ours", "ours as written") else None for column in columns[1:]]
    return [Cell(OWN_IMAGES), *(cell or NOTHING for cell in own)]


def _rows(values: Values, experiments: list[str], published: pd.DataFrame) -> list[tuple[str, str, str | None]]:
    """Return (title, label, experiment): the published rows in order, run or not, then the user's own experiments."""
    rows = []
    labels = {id: values.one(id).config.label or id for id in experiments}
    for label in dict.fromkeys([*published["row"], *labels.values()]):
        filled = [id for id in experiments if labels[id] == label]
        rows += [(label if len(filled) == 1 else f"{label} ({id})", label, id) for id in filled]
        if not filled:
            rows.append((label, label, None))
    return rows


def _printed(number: float | None, metric: str) -> Cell:
    return NOTHING if number is None else Cell(f"{number:.{SCORES[metric].digits}f}", "published")


def _beside(values: Values, experiment: str | None, printed: float | None, metric: str, best: dict) -> list[Cell]:
    """Return our value, by the chapter's ruler if it has one, and its difference from the published one."""
    if experiment is None:
        return [NOT_RUN, NOTHING]
    gap = difference(values, experiment, metric, printed)
    cell = NOTHING
    if gap is not None:
        cell = Cell(f"{gap:+.{SCORES[metric].digits}f}", outcome=agreement(values, experiment, metric, printed))
    if not is_ruled(values, experiment, metric):
        return [_ours(values, experiment, metric, best), cell]
    if not has(values, experiment, metric):
        return [NOTHING, NOTHING]
    return [ruled_cell(values, experiment, metric, "best" if experiment == best[metric] else "plain"), cell]


def _ours(values: Values, experiment: str | None, metric: str, best: dict) -> Cell:
    if experiment is None:
        return NOT_RUN
    if not values.has(experiment, metric):
        return NOTHING
    return measured(values, experiment, metric, kind="best" if experiment == best[metric] else "plain")


def measured(
    values: Values, experiment: str, metric: str, direction: str | None = None, kind: Literal["plain", "best"] = "plain"
) -> Cell:
    """Return the cell of a metric of an experiment, as `Values.with_spread` writes it, with the data behind it."""
    run = values.one(experiment)
    seeds = values.seeds_of(experiment, metric, direction)
    by_run = [(run.key, f"{value:.6g}") for run, value in zip(values.runs[experiment], seeds, strict=True)]
    facts = [("Images", measured_images(values, run, direction))]
    if "real_features" in METRIC_OF[metric].needs:
        extractor = EXTRACTORS[run.extractor]
        facts.append(("Features", f"{extractor.label}, resized {extractor.resize}"))
    title = f"{SCORES[metric].heading} of {experiment}" + (f", {direction.replace('_', ' ')}" if direction else "")
    return Cell(values.with_spread(experiment, metric, direction), kind, Basis(title, by_run, facts))


def _best(values: Values, experiments: list[str], metric: str) -> str | None:
    competing = [e for e in experiments if values.has(e, metric) and _competes(values, e)]
    return _least({e: values.mean(e, metric) for e in competing}, SCORES[metric].sign)


def _best_beside(values: Values, experiments: list[str], metric: str) -> str | None:
    competing = [e for e in experiments if has(values, e, metric) and _competes(values, e)]
    return _least({e: mean_of(values, e, metric) for e in competing}, SCORES[metric].sign)


def _competes(values: Values, experiment: str) -> bool:
    """Return whether an experiment can be the best of a column: neither untrained nor, in any seed, collapsed."""
    config = values.one(experiment).config
    return bool(config.epochs or config.published_weights) and not values.collapses(experiment)


def _least(means: dict[str, float], sign: int) -> str | None:
    """Return the experiment with the best mean; None if all are equal."""
    return min(means, key=lambda e: sign * means[e]) if len({*means.values()}) > 1 else None


def measured_on(values: Values, experiment: str) -> str:
    """Return a sentence on how an experiment was measured: N, file types, size, k, seeds and features."""
    first = values.one(experiment)
    seeds = ", ".join(str(run.seed) for run in values.runs[experiment])
    several = f"mean ± standard deviation over {len(values.runs[experiment])} seeds ({seeds})"
    return (
        f"{measured_images(values, first)}, {file_types(values.measured[first.key])} at {first.config.crop_size} × "
        f"{first.config.crop_size} pixels, k = {values.plan.params.neighbours}, "
        + (f"seed {seeds}; " if len(values.runs[experiment]) == 1 else f"{several}; ")
        + ("in brackets the 95% interval over test images; " if values.half_interval(experiment, "fid") else "")
        + "; ".join(f"features: {extractor.label}, resized {extractor.resize}" for extractor in values.extractors)
        + "."
    )


def file_types(measured: Measured) -> str:
    """Return `PNG`, and the types in which the real images were distributed if they differ."""
    types = measured.file_types
    real = {kind for domain in types.keys() - {"generated"} for kind in types[domain]}
    generated = " and ".join(types["generated"]).upper()
    if real <= set(types["generated"]):  # also if no types were recorded, or the images were drawn here
        return generated
    return f"{generated} (the real ones were distributed as {' and '.join(sorted(real)).upper()})"


def other_counts(values: Values, rows: dict[str, tuple[str, str]], usual: str) -> list[str]:
    """Return a sentence on the rows measured on other numbers of images than `usual`; empty if there are none.

    Parameters
    ----------
    rows
        Name of a row -> its experiment and direction.
    """
    counts = {name: measured_images(values, values.one(e), direction) for name, (e, direction) in rows.items()}
    different = [f"{name} {count}" for name, count in counts.items() if count != usual]
    return [f"Other numbers of images: {'; '.join(different)}."] if different else []


def _notes(values: Values, experiments: list[str]) -> list[str]:
    first = values.one(experiments[0])
    notes = [measured_on(values, experiments[0])]
    rows = {e: (e, values.one(e).config.direction) for e in experiments}
    notes += other_counts(values, rows, measured_images(values, first)) + left_out(values, experiments)
    notes += ruler_notes(values, experiments)
    if not values.comparable and not ruler_of(values, experiments[0]):
        notes.append("No differences are given: ours and the published values were not measured with one ruler.")
    notes += [
        f"{values.one(e).config.label or e}: {values.one(e).config.extra}."
        for e in experiments
        if values.one(e).config.extra
    ]
    return notes + values.collapses(*experiments)
