"""What a chapter's ruler reads beside published values, and whether a difference between the two means something."""

from statistics import mean, stdev
from typing import Literal

import pandas as pd

from pixcycle.base.errors import UserError
from pixcycle.metrics.registry import SCORES
from pixcycle.metrics.rulers import RULERS, Ruler
from pixcycle.params.dataset import Source
from pixcycle.records.calibration import CalibrationRecord
from pixcycle.records.metrics import Ruled
from pixcycle.report.content import Basis, Cell
from pixcycle.report.values import Values
from pixcycle.report.wording import listed

OWN_IMAGES = "their own images, our ruler"
NEAREST = 2
"""Number of published rows that the note on a calibration names."""


def ruler_of(values: Values, experiment: str) -> Ruler | None:
    """Return the ruler of an experiment's chapter."""
    name = values.one(experiment).ruler
    return RULERS[name] if name else None


def is_ruled(values: Values, experiment: str, metric: str) -> bool:
    """Return whether a metric stands beside published values as the chapter's ruler gives it."""
    ruler = ruler_of(values, experiment)
    return ruler is not None and metric in ruler.scores


def has(values: Values, experiment: str, metric: str) -> bool:
    """Return whether all seeds have a metric as it stands beside published values."""
    if experiment in values and is_ruled(values, experiment, metric):
        return None not in _seeds(values, experiment, metric)
    return values.has(experiment, metric)


def mean_of(values: Values, experiment: str, metric: str) -> float:
    """Return a metric as it stands beside published values, the mean over seeds."""
    ruled = is_ruled(values, experiment, metric)
    return mean(_seeds(values, experiment, metric)) if ruled else values.mean(experiment, metric)


def spread_of(values: Values, experiment: str, metric: str) -> float | None:
    """Return the standard deviation over seeds of what stands beside published values; None for a single seed."""
    ruled = is_ruled(values, experiment, metric)
    seeds = _seeds(values, experiment, metric) if ruled else values.seeds_of(experiment, metric)
    return stdev(seeds) if len(seeds) > 1 else None


def difference(values: Values, experiment: str, metric: str, printed: float | None) -> float | None:
    """Return ours minus the published value; None unless both were measured with one ruler on the reports' data."""
    if printed is None or not has(values, experiment, metric):
        return None
    comparable = not no_difference(values, experiment) if is_ruled(values, experiment, metric) else values.comparable
    return mean_of(values, experiment, metric) - printed if comparable else None


def no_difference(values: Values, experiment: str) -> str:
    """Return why an experiment cannot be compared with its published values; empty if it can."""
    run, ruler, ruled = values.one(experiment), ruler_of(values, experiment), _first(values, experiment)
    if ruler is None or ruled is None:
        return "ours were not measured with its ruler"
    if run.config.dataset != run.asked_dataset:
        return f"{run.config.dataset} stands in for {run.asked_dataset}"
    if ruled.extractor != ruler.extractor.name:
        return f"another network, {ruled.features.partition(',')[0]}, stands in for that of its ruler"
    if ruled.size != ruler.size:
        return f"ours have {ruled.size} × {ruled.size} pixels, not {ruler.size} × {ruler.size}"
    if (fewest := min(ruled.n_real, ruled.n_fake)) < ruler.images:
        return _too_few(values, experiment, ruler, fewest)
    return ""


def _too_few(values: Values, experiment: str, ruler: Ruler, fewest: int) -> str:
    """Return how many test images there are, and how many of them the report's code would have taken."""
    run = values.one(experiment)
    dataset = values.plan.params.datasets[run.config.dataset]
    parts = dataset.splits["test"]
    counts = {part: dataset.published[part] for part in parts if part in dataset.published and len(parts) > 1}
    alone = "".join(f", and {ruler.evaluated(n)} of the {n} in {part}" for part, n in counts.items())
    return (
        f"{run.asked_dataset} has {fewest} test images, not {ruler.images} (its code would have generated "
        f"{ruler.evaluated(fewest)} of them{alone})"
    )


def ruled_cell(values: Values, experiment: str, metric: str, kind: Literal["plain", "best"] = "plain") -> Cell:
    """Return the cell of a metric as the ruler gives it, the mean over seeds, with the data behind it."""
    seeds, digits = _seeds(values, experiment, metric), SCORES[metric].digits
    spread = f" ± {stdev(seeds):.{digits}f}" if len(seeds) > 1 else ""
    ruled = _first(values, experiment)
    by_run = [(run.key, f"{seed:.6g}") for run, seed in zip(values.runs[experiment], seeds, strict=True)]
    title = f"{SCORES[metric].heading} of {experiment}, by the ruler of its report"
    return Cell(f"{mean(seeds):.{digits}f}{spread}", kind, Basis(title, by_run, _facts(ruled)))


def notes(values: Values, experiments: list[str]) -> list[str]:
    """Return sentences on the ruler of a table's chapter, its network, and why differences are missing."""
    ruler, ruled = ruler_of(values, experiments[0]), _first(values, experiments[0])
    if ruler is None or ruled is None:
        return []
    others = _otherwise(ruled, ruler)
    if others:
        sentences = [f"The report's ruler, beside published values: {ruler.label}."]
        sentences.append(f"Ours follow it with {listed(others)}.")
    else:
        sentences = [f"Beside published values, ours are measured as the report's code does: {ruler.label}."]
    if ruled.extractor == ruler.extractor.name:
        sentences.append(f"Its weights: {ruled.weights_file}.")
    sentences.append("Which of the test images the report took is not known; ours are the first by name.")
    reasons: dict[str, list[str]] = {}
    for id in experiments:
        if reason := no_difference(values, id):
            reasons.setdefault(reason, []).append(id)
    for reason, ids in reasons.items():
        which = "" if len(ids) == len(experiments) else f" for {', '.join(ids)}"
        sentences.append(f"No differences are given{which}: {reason}.")
    return sentences


def _otherwise(ruled: Ruled, ruler: Ruler) -> list[str]:
    """Return what ours were measured with that is not the ruler's: numbers and size of images, network."""
    others = []
    if {ruled.n_fake, ruled.n_real} != {ruler.images}:
        others.append(f"{ruled.n_fake} generated and {ruled.n_real} real images")
    if ruled.size != ruler.size:
        others.append(f"{ruled.size} × {ruled.size} pixels")
    if ruled.extractor != ruler.extractor.name:
        others.append(f"{ruled.features.partition(',')[0]} in the place of its network")
    return others


def calibration_of(values: Values, experiments: list[str]) -> CalibrationRecord | None:
    """Return what the ruler reads on the authors' own images of the dataset of a table; None without any."""
    run = values.one(experiments[0])
    node = values.plan.calibrations.get(run.chapter)
    if node is None or node.dataset != run.asked_dataset:
        return None
    record = CalibrationRecord.find(values.root / node.path)
    if record is None:
        raise UserError(f"report: {values.root / node.path} is missing; run the same command again")
    return record


def calibration_cell(record: CalibrationRecord, metric: str) -> Cell | None:
    """Return the cell of a metric on the authors' own images; None if the ruler does not give it."""
    value = getattr(record.ruled, metric, None)
    if value is None:
        return None
    basis = Basis(f"{SCORES[metric].heading} of {OWN_IMAGES}", [(OWN_IMAGES, f"{value:.6g}")], _facts(record.ruled))
    return Cell(f"{value:.{SCORES[metric].digits}f}", basis=basis)


def calibration_note(record: CalibrationRecord, archive: Source, published: pd.DataFrame) -> str:
    """Return a note on what the row of the authors' own images says about the ruler."""
    ruled, ruler = record.ruled, RULERS[record.ruled.ruler]
    about = (
        f"{OWN_IMAGES.capitalize()}: the {ruled.n_fake} generated and {ruled.n_real} real images of one evaluation in "
        f"the authors' repository ({archive.locations[0]}), measured as they are. Which row they belong to is not "
        "said; where the ruler gives one of the rows, it is right"
    )
    if ruled.extractor != ruler.extractor.name:
        return f"{about}. With another network in the place of its own, no row can be recognised."
    rows = published.assign(gap=(published["fid"] - ruled.fid).abs()).nsmallest(NEAREST, "gap")
    scores = [name for name in ruler.scores if name in published]
    listed = [
        f"{row['row']} ({', '.join(f'{SCORES[s].title} {row[s]:.{SCORES[s].digits}f}' for s in scores)})"
        for _, row in rows.iterrows()
    ]
    return f"{about}. Nearest by FID: {', then '.join(listed)}."


def _seeds(values: Values, experiment: str, metric: str) -> list[float | None]:
    ruled = [values.measured[run.key].ruled for run in values.runs[experiment]]
    return [getattr(of_seed, metric) if of_seed else None for of_seed in ruled]


def _first(values: Values, experiment: str) -> Ruled | None:
    return values.measured[values.one(experiment).key].ruled


def _facts(ruled: Ruled) -> list[tuple[str, str]]:
    images = f"{ruled.n_fake} generated against {ruled.n_real} real ones, JPEG, {ruled.size} × {ruled.size} pixels"
    return [("Images", images), ("Features", ruled.features)]
