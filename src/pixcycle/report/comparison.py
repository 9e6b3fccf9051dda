"""Published and reproduced side by side, as tables and as verdicts."""

from pathlib import Path
from typing import Any, Literal

import pandas as pd

from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.report.content import Basis, Cell, Column, Table
from pixcycle.report.counts import measured_images
from pixcycle.report.elsewhere import FID_NOTE, fid_elsewhere
from pixcycle.report.fingerprint import PUBLISHED
from pixcycle.report.values import Values

DIGITS = {
    **{"fid": 2, "kid": 4, "precision": 2, "recall": 2, "l1": 4, "psnr": 2, "ssim": 3},
    **{"pixel_accuracy": 2, "class_accuracy": 2, "class_iou": 2, "checkerboard": 4},
}
TITLES = {
    "fid": "FID ↓",
    "kid": "KID ↓",
    "precision": "Precision ↑",
    "recall": "Recall ↑",
    "l1": "Pixel L1 ↓",
    "psnr": "PSNR (dB) ↑",
    "ssim": "SSIM ↑",
    "pixel_accuracy": "Per-pixel accuracy ↑",
    "class_accuracy": "Per-class accuracy ↑",
    "class_iou": "Mean class IoU ↑",
    "checkerboard": "Checkerboard energy ↓",
}
SMALLER_IS_BETTER = {"fid", "kid", "l1", "checkerboard"}
OF_FEATURES = {"fid", "kid", "precision", "recall"}
NOTHING = Cell("–", "muted")
NOT_RUN = Cell("not run", "muted")
INFINITE = Cell("∞")
"""A PSNR, where a generated image equals its truth."""


def read_published(name: str, root: Path) -> pd.DataFrame:
    """A transcribed table: columns row, dataset and one for each metric."""
    return pd.read_csv(root / PUBLISHED / f"{name}.csv")


def fid_differences(values: Values) -> list[float]:
    """Our FID minus the published one, for each experiment that report 000 prints one of; none on another ruler."""
    published = pd.concat(read_published(f"ucsd-table-{number}", values.root) for number in (1, 2))
    printed = {(row.dataset, row.row): row.fid for row in published.itertuples()}
    ours = {id: (seeds[0].asked_dataset, seeds[0].config.label) for id, seeds in values.runs.items()}
    found = {id: printed[key] for id, key in ours.items() if id.startswith("ucsd-") and key in printed}
    return [values.mean(id, "fid") - fid for id, fid in found.items() if values.comparable]


def comparison_table(
    id: str,
    caption: str,
    values: Values,
    experiments: list[str],
    published: pd.DataFrame,
    metrics: list[str],
    further: list[str],
) -> Table:
    """One row an experiment: `metrics` as published | ours | difference, `further` as ours only.

    experiments: ids, all of one dataset; published: that dataset's rows. A row that was not run shows those.
    """
    further = [m for m in further if any(values.has(e, m) for e in experiments)]
    columns = [Column("Experiment", numeric=False)]
    known = fid_elsewhere(values.root)
    elsewhere = {e: known[key] for e in experiments if (key := (e, values.one(e).config.direction)) in known}
    for metric in metrics:
        columns += [Column(title, group=TITLES[metric]) for title in ("published", "ours", "difference")]
        columns += [Column("elsewhere", group=TITLES[metric])] * (metric == "fid" and bool(elsewhere))
    columns += [Column(TITLES[metric], group="ours only") for metric in further]
    best = {metric: _best(values, experiments, metric) for metric in (*metrics, *further)}
    rows = []
    for title, label, experiment in _rows(values, experiments, published):
        printed = published[published["row"] == label]
        row = [Cell(title)]
        for metric in metrics:
            row += _triple(values, experiment, None if printed.empty else float(printed[metric].iloc[0]), metric, best)
            if metric == "fid" and elsewhere:
                row.append(Cell(elsewhere[experiment], "published") if experiment in elsewhere else NOTHING)
        row += [_ours(values, experiment, metric, best) for metric in further]
        rows.append(row)
    notes = _notes(values, experiments) + [FID_NOTE] * bool(elsewhere)
    return Table(id, caption, columns, rows, notes, values.keys(*experiments))


def _rows(values: Values, experiments: list[str], published: pd.DataFrame) -> list[tuple[str, str, str | None]]:
    """(title, label, experiment): the published rows in their order, run or not, then experiments of one's own."""
    rows = []
    labels = {id: values.one(id).config.label or id for id in experiments}
    for label in dict.fromkeys([*published["row"], *labels.values()]):
        filled = [id for id in experiments if labels[id] == label]
        rows += [(label if len(filled) == 1 else f"{label} ({id})", label, id) for id in filled]
        if not filled:
            rows.append((label, label, None))
    return rows


def _triple(values: Values, experiment: str | None, printed: float | None, metric: str, best: dict) -> list[Cell]:
    digits = DIGITS[metric]
    published = NOTHING if printed is None else Cell(f"{printed:.{digits}f}", "published")
    ours = _ours(values, experiment, metric, best)
    if printed is None or experiment is None or not values.comparable:
        return [published, ours, NOTHING]
    return [published, ours, Cell(f"{values.mean(experiment, metric) - printed:+.{digits}f}")]


def _ours(values: Values, experiment: str | None, metric: str, best: dict) -> Cell:
    if experiment is None:
        return NOT_RUN
    if not values.has(experiment, metric):
        return NOTHING
    return measured(values, experiment, metric, kind="best" if experiment == best[metric] else "plain")


def measured(
    values: Values, experiment: str, metric: str, direction: str | None = None, kind: Literal["plain", "best"] = "plain"
) -> Cell:
    """A metric of an experiment, `with_spread`, and what it rests on."""
    run = values.one(experiment)
    seeds = values.seeds_of(experiment, metric, direction)
    each = [(run.key, f"{value:.6g}") for run, value in zip(values.runs[experiment], seeds, strict=True)]
    facts = [("Images", measured_images(values, run, direction))]
    if metric in OF_FEATURES:
        extractor = EXTRACTORS[run.extractor]
        facts.append(("Features", f"{extractor.label}, resized {extractor.resize}"))
    title = f"{TITLES[metric]} of {experiment}" + (f", {direction.replace('_', ' ')}" if direction else "")
    return Cell(with_spread(values, experiment, metric, direction), kind, Basis(title, each, facts))


def with_spread(values: Values, experiment: str, metric: str, direction: str | None = None) -> str:
    """`110.68`, or `110.68 ± 2.10` over several seeds."""
    digits, spread = DIGITS[metric], values.spread(experiment, metric, direction)
    text = f"{values.mean(experiment, metric, direction):.{digits}f}"
    return text if spread is None else f"{text} ± {spread:.{digits}f}"


def _best(values: Values, experiments: list[str], metric: str) -> str | None:
    measured = [e for e in experiments if values.has(e, metric)]
    if len({values.mean(e, metric) for e in measured}) < 2:
        return None
    sign = 1 if metric in SMALLER_IS_BETTER else -1
    return min(measured, key=lambda e: sign * values.mean(e, metric), default=None)


def measured_on(values: Values, experiment: str) -> str:
    """N, file types, size, k, seeds and features of an experiment's numbers, as a sentence."""
    first = values.one(experiment)
    seeds = ", ".join(str(run.seed) for run in values.runs[experiment])
    several = f"mean ± standard deviation over {len(values.runs[experiment])} seeds ({seeds})"
    return (
        f"{measured_images(values, first)}, {file_types(values.measured[first.key])} at {first.config.crop_size} × "
        f"{first.config.crop_size} pixels, k = {values.plan.params.neighbours}, "
        + (f"seed {seeds}; " if len(values.runs[experiment]) == 1 else f"{several}; ")
        + "; ".join(f"features: {extractor.label}, resized {extractor.resize}" for extractor in values.extractors)
        + "."
    )


def file_types(measured: dict[str, Any]) -> str:
    """`PNG`, and what the real images were distributed as where that is something else."""
    types = measured["file_types"]
    real = {kind for domain in types.keys() - {"generated"} for kind in types[domain]}
    generated = " and ".join(types["generated"]).upper()
    if real <= set(types["generated"]):  # also where nothing is recorded of them, or they were drawn here
        return generated
    return f"{generated} (the real ones were distributed as {' and '.join(sorted(real)).upper()})"


def other_counts(values: Values, rows: dict[str, tuple[str, str]], usual: str) -> list[str]:
    """A sentence on the rows that were measured on other images than `usual` says; nothing if none was.

    rows: what a row is called -> its experiment and direction.
    """
    counts = {name: measured_images(values, values.one(e), direction) for name, (e, direction) in rows.items()}
    different = [f"{name} {told}" for name, told in counts.items() if told != usual]
    return [f"Other numbers of images: {'; '.join(different)}."] if different else []


def _notes(values: Values, experiments: list[str]) -> list[str]:
    first = values.one(experiments[0])
    notes = [measured_on(values, experiments[0])]
    rows = {e: (e, values.one(e).config.direction) for e in experiments}
    notes += other_counts(values, rows, measured_images(values, first))
    if not values.comparable:
        notes.append("No differences are given: ours and the published values were not measured with one ruler.")
    notes += [
        f"{values.one(e).config.label or e}: {values.one(e).config.extra}."
        for e in experiments
        if values.one(e).config.extra
    ]
    return notes + values.collapses(*experiments)
