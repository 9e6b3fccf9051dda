"""Tables of metrics for which a report prints no numbers: both directions of a run, and FCN-score."""

from collections.abc import Sequence

from pixcycle.metrics.registry import SCORES, in_tables
from pixcycle.metrics.segmentation import FCN_SCORE
from pixcycle.params.schema import CODED
from pixcycle.records.metrics import SegmenterRecord
from pixcycle.report.content import Cell, Column, Table
from pixcycle.report.counts import left_out, measured_images
from pixcycle.report.literature import FID_NOTE, fcn_elsewhere, fid_elsewhere
from pixcycle.report.published import INFINITE, NOT_RUN, NOTHING, measured, measured_on, other_counts
from pixcycle.report.values import Values

ARROWS = {"a_to_b": "{0} → {1}", "b_to_a": "{1} → {0}"}
RANDOM_WEIGHTS = "random weights stand in for the authors': this scale's network is too small for them"

PublishedScore = tuple[str, str, str]
"""(source, task, row) in fcn-score.csv."""
REAL_PHOTOS = ("pix2pix paper", "labels to photo", "Ground truth")


def task_of(values: Values, experiment: str, direction: str) -> str:
    """Return `horse → zebra`, the domains of the dataset that the report names, even if the experiment was not run."""
    params = values.plan.params
    if experiment not in params.experiment_ids:
        return "–"
    return ARROWS[direction].format(*params.datasets[params.experiment(experiment).dataset].domains)


def lacks_published_weights(values: Values, experiment: str) -> bool:
    """Return whether random weights replace an experiment's published weights at this scale."""
    run = values.one(experiment)
    weights = values.as_published(run).published_weights
    return weights is not None and run.config.published_weights is None


def quality_table(
    values: Values, id: str, caption: str, rows: list[tuple[str, str]], metrics: tuple[str, ...]
) -> Table:
    """Return a table with one row per run and direction: our metrics, and others' FID on the same task.

    Parameters
    ----------
    rows
        (experiment, direction); the table says which of them were not run.
    metrics
        Names of scores; those that no row has are left out.
    """
    known = fid_elsewhere(values.root)
    rows = _in_both_readings(values, rows)
    present = [(e, d) for e, d in rows if e in values]
    measured_metrics = [m for m in in_tables(metrics) if any(values.has(e, m, d) for e, d in present)]
    elsewhere = any(row in known for row in rows)
    columns = [Column("Experiment", numeric=False), Column("Task", numeric=False)]
    columns += [Column(SCORES[m].heading, group="ours") for m in measured_metrics]
    if elsewhere:
        columns.append(Column("FID", group="elsewhere"))
    table = []
    for experiment, direction in rows:
        random = experiment in values and lacks_published_weights(values, experiment)
        name = f"{experiment} (random weights)" if random else experiment
        row = [Cell(name), Cell(task_of(values, experiment, direction))]
        row += [_ours(values, experiment, direction, metric) for metric in measured_metrics]
        if elsewhere:
            fid = known.get((experiment, direction))
            row.append(Cell(fid, "published") if fid else NOTHING)
        table.append(row)
    notes = _remarks(values, present)
    if elsewhere:
        notes.append(FID_NOTE)
    return Table(id, caption, columns, table, notes, values.keys(*(e for e, _ in rows)))


def fcn_table(
    values: Values,
    id: str,
    caption: str,
    rows: list[tuple[str, str, PublishedScore | None]],
    others: Sequence[PublishedScore] = (),
) -> Table:
    """Return a table of FCN-scores: generated photos by our segmenter, generated label maps by their nearest colours.

    Real photos come first, once per segmenter: runs on differently prepared data have their own. If a segmenter misses
    its stated accuracy on real photos, its scores of generated photos are withheld.

    Parameters
    ----------
    rows
        (experiment, direction, others' scores or None).
    others
        Others' scores by methods that we did not run, as further rows.
    """
    rows = _in_both_readings(values, rows)
    columns = [Column("Experiment", numeric=False), Column("Task", numeric=False)]
    columns += [Column(who, group=SCORES[score].heading) for score in FCN_SCORE for who in ("ours", "elsewhere")]
    columns += [Column("Source of elsewhere", numeric=False)]
    judged: dict[str, list[str]] = {}
    for experiment in dict.fromkeys(e for e, _, _ in rows if e in values and values.one(e).segmenter):
        judged.setdefault(values.one(experiment).segmenter, []).append(experiment)
    table, notes = [], []
    for experiments in judged.values():
        record = values.segmenter(values.one(experiments[0]))
        which = f" of {', '.join(experiments)}" if len(judged) > 1 else ""
        real = [Cell(_shown(record.real[score], score)) for score in FCN_SCORE]
        table.append([Cell("real photos"), Cell(f"our segmenter{which}"), *_beside(values, real, REAL_PHOTOS)])
        notes.append(_accuracy(record, values.plan.segmenter.min_accuracy, which))
    for experiment, direction, published in rows:
        scores = _scores(values, experiment, direction)
        task = task_of(values, experiment, direction)
        table.append([Cell(experiment), Cell(task), *_beside(values, scores, published)])
    for published in others:
        _, task, method = published
        cells = _beside(values, [NOTHING] * len(FCN_SCORE), published)
        table.append([Cell(f"{method}, not ours"), Cell(task.replace(" to ", " → ")), *cells])
    if judged:
        scored = {e: (e, d) for e, d, _ in rows if e in values}
        (first, direction), *_ = scored.values()
        usual = measured_images(values, values.one(first), direction)
        notes += [f"Ours: {usual}.", *other_counts(values, scored, usual)]
    notes += [_decoding(values, [e for es in judged.values() for e in es])]
    notes += values.collapses(*dict.fromkeys(e for e, _, _ in rows))
    return Table(id, caption, columns, table, notes, values.keys(*(e for e, _, _ in rows)))


def _in_both_readings(values: Values, rows: list[tuple]) -> list[tuple]:
    """Return the rows, each followed by that of the same experiment as coded if it was run so."""
    both = [[(experiment, *rest), (experiment + CODED, *rest)] for experiment, *rest in rows]
    return [row for pair in both for row in pair if row is pair[0] or row[0] in values]


def _ours(values: Values, experiment: str, direction: str, metric: str) -> Cell:
    if experiment not in values:
        return NOT_RUN
    if values.has(experiment, metric, direction):
        return measured(values, experiment, metric, direction)
    infinite = SCORES[metric].unbounded and values.has(experiment, "l1", direction)
    return INFINITE if infinite else NOTHING


def _remarks(values: Values, rows: list[tuple[str, str]]) -> list[str]:
    """Return notes on how the rows were measured, and on what is special about their runs."""
    experiments = list(dict.fromkeys(e for e, _ in rows))
    if not experiments:
        return []
    measured_rows = [(e, direction) for e, direction in rows if values.numbers(values.one(e), direction)]
    named = {f"{e} {task_of(values, e, direction)}": (e, direction) for e, direction in measured_rows}
    notes = [measured_on(values, experiments[0])]
    notes += other_counts(values, named, measured_images(values, values.one(experiments[0])))
    notes += left_out(values, experiments)
    extras = {e: _extra(values, e) for e in experiments}
    notes += [f"{e}: {extra}." for e, extra in extras.items() if extra]
    return notes + (values.collapses(*experiments) or ["All runs finished; none collapsed."])


def _extra(values: Values, experiment: str) -> str:
    """Return why an experiment of our own was run; empty for an experiment of the report."""
    return RANDOM_WEIGHTS if lacks_published_weights(values, experiment) else values.one(experiment).config.extra


def _scores(values: Values, experiment: str, direction: str) -> list[Cell]:
    """Return our three scores; withheld for photos (domain A) if the segmenter is below its stated accuracy."""
    segmenter = values.segmenter(values.one(experiment)) if experiment in values and direction == "b_to_a" else None
    if segmenter and not segmenter.reaches(values.plan.segmenter.min_accuracy):
        return [Cell("withheld", "muted")] * len(FCN_SCORE)
    return [_ours(values, experiment, direction, score) for score in FCN_SCORE]


def _beside(values: Values, ours: list[Cell], published: PublishedScore | None) -> list[Cell]:
    """Return each score as ours and elsewhere, then the source of the latter."""
    if published is None:
        return [cell for mine in ours for cell in (mine, NOTHING)] + [NOTHING]
    source, _, row = published
    theirs = fcn_elsewhere(values.root, *published)
    cells = [
        c for s, mine in zip(FCN_SCORE, ours, strict=True) for c in (mine, Cell(_shown(theirs[s], s), "published"))
    ]
    return [*cells, Cell(f"{source}, {row}")]


def _accuracy(record: SegmenterRecord, min_accuracy: float, which: str) -> str:
    """Return a note on how our segmenter was trained, and whether its scores can be trusted."""
    passed = record.reaches(min_accuracy)
    reaches = "reaches" if passed else "does not reach"
    withheld = "" if passed else "; its scores of generated photos are withheld"
    return (
        f"Our segmenter{which}, a torchvision FCN ({record.settings['backbone']}), was trained for "
        f"{record.steps} steps on the {record.n_train} real pairs of the training split. On the "
        f"{record.n_test} real test photos it {reaches} the per-pixel accuracy of {min_accuracy:.2f} that "
        f"params.yaml asks for{withheld}. Answering the most common class everywhere would score "
        f"{record.most_common_class_accuracy:.2f}."
    )


def _decoding(values: Values, experiments: list[str]) -> str:
    """Return a note on other differences between the columns, for experiments that have scores of ours."""
    datasets = values.plan.params.datasets
    judged_on = dict.fromkeys(values.one(e).config.dataset for e in experiments)
    ours = " and ".join(f"the {len(datasets[name].classes)} classes of {name}" for name in judged_on)
    seeds = max((len(values.runs[e]) for e in experiments), default=1)
    return (
        "Generated label maps are decoded to the nearest colour of a class, without a network. "
        + (f"Ours are over {ours}" if ours else "")
        + (f", mean ± standard deviation over {seeds} seeds" if seeds > 1 else "")
        + (". " if ours else "")
        + "Elsewhere, FCN-8s @cite-long2015 judged generated photos of Cityscapes; ours is another network, and the "
        "two columns were not measured with one ruler."
    )


def _shown(value: float, score: str) -> str:
    return f"{value:.{SCORES[score].digits}f}"
