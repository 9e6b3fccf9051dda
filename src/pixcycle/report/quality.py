"""Tables of what was measured where a report prints no numbers: both directions of a run, and FCN-score."""

from collections.abc import Sequence
from typing import Any

from pixcycle.report.comparison import DIGITS, INFINITE, NOT_RUN, NOTHING, TITLES, measured, measured_on, other_counts
from pixcycle.report.content import Cell, Column, Table
from pixcycle.report.counts import measured_images
from pixcycle.report.elsewhere import FID_NOTE, fcn_elsewhere, fid_elsewhere
from pixcycle.report.values import SCORES, Values

ARROWS = {"a_to_b": "{0} → {1}", "b_to_a": "{1} → {0}"}
RANDOM_WEIGHTS = "random weights stand in for the authors': this scale's network is too small for them"

PublishedScore = tuple[str, str, str]
"""source, task and row of fcn-score.csv."""
REAL_PHOTOS = ("pix2pix paper", "labels to photo", "Ground truth")


def task_of(values: Values, experiment: str, direction: str) -> str:
    """`horse → zebra`, in the words of the dataset that the report names, whether the experiment was run or not."""
    chapter, _, name = experiment.partition("-")
    described = values.plan.params.experiments[chapter].get(name)
    return ARROWS[direction].format(*values.plan.params.datasets[described.dataset].domains) if described else "–"


def lacks_published_weights(values: Values, experiment: str) -> bool:
    """Whether an experiment is one of published weights, but random ones took their place at this scale."""
    run = values.one(experiment)
    asked = values.as_published(run).published_weights
    return asked is not None and run.config.published_weights is None


def quality_table(
    id: str, caption: str, values: Values, rows: list[tuple[str, str]], metrics: tuple[str, ...]
) -> Table:
    """One row a run and direction: our metrics, and the FID that others had on the same task.

    rows: (experiment, direction); those that were not run are told so. Metrics that no row has are left out.
    """
    known = fid_elsewhere(values.root)
    present = [(e, d) for e, d in rows if e in values]
    shown = [m for m in metrics if any(values.has(e, m, d) for e, d in present)]
    elsewhere = any(row in known for row in rows)
    columns = [Column("Experiment", numeric=False), Column("Task", numeric=False)]
    columns += [Column(TITLES[m], group="ours") for m in shown] + [Column("FID", group="elsewhere")] * elsewhere
    table = []
    for experiment, direction in rows:
        random = experiment in values and lacks_published_weights(values, experiment)
        name = f"{experiment} (random weights)" if random else experiment
        row = [Cell(name), Cell(task_of(values, experiment, direction))]
        row += [_ours(values, experiment, direction, metric) for metric in shown]
        if elsewhere:
            found = known.get((experiment, direction))
            row.append(Cell(found, "published") if found else NOTHING)
        table.append(row)
    notes = _remarks(values, present) + [FID_NOTE] * elsewhere
    return Table(id, caption, columns, table, notes, values.keys(*(e for e, _ in rows)))


def fcn_table(
    id: str,
    caption: str,
    values: Values,
    rows: list[tuple[str, str, PublishedScore | None]],
    others: Sequence[PublishedScore] = (),
) -> Table:
    """FCN-score of generated photos by our segmenter, and of generated label maps by their nearest colours.

    rows: (experiment, direction, what others had there or None); others: what they had by methods without a run of
    ours, as further rows. Real photos come first, once for each segmenter: runs on data that were prepared in another
    way have their own. Where it misses its stated accuracy on them, its scores of generated photos are withheld.
    """
    columns = [Column("Experiment", numeric=False), Column("Task", numeric=False)]
    columns += [Column(who, group=TITLES[score]) for score in SCORES for who in ("ours", "elsewhere")]
    columns += [Column("Source of elsewhere", numeric=False)]
    judged: dict[str, list[str]] = {}
    for experiment in dict.fromkeys(e for e, _, _ in rows if e in values and values.one(e).segmenter):
        judged.setdefault(values.one(experiment).segmenter, []).append(experiment)
    table, notes = [], []
    for experiments in judged.values():
        record = values.segmenter(values.one(experiments[0]))
        which = f" of {', '.join(experiments)}" if len(judged) > 1 else ""
        real = [Cell(_shown(record["real"][score], score)) for score in SCORES]
        table.append([Cell("real photos"), Cell(f"our segmenter{which}"), *_beside(values, real, REAL_PHOTOS)])
        notes.append(_accuracy(record, which))
    for experiment, direction, published in rows:
        scores = _scores(values, experiment, direction)
        task = task_of(values, experiment, direction)
        table.append([Cell(experiment), Cell(task), *_beside(values, scores, published)])
    for published in others:
        _, task, method = published
        cells = _beside(values, [NOTHING] * len(SCORES), published)
        table.append([Cell(f"{method}, not ours"), Cell(task.replace(" to ", " → ")), *cells])
    if judged:
        scored = {e: (e, d) for e, d, _ in rows if e in values}
        (first, direction), *_ = scored.values()
        usual = measured_images(values, values.one(first), direction)
        notes += [f"Ours: {usual}.", *other_counts(values, scored, usual)]
    notes += [_decoding(values, [e for es in judged.values() for e in es])]
    notes += values.collapses(*dict.fromkeys(e for e, _, _ in rows))
    return Table(id, caption, columns, table, notes, values.keys(*(e for e, _, _ in rows)))


def _ours(values: Values, experiment: str, direction: str, metric: str) -> Cell:
    if experiment not in values:
        return NOT_RUN
    if values.has(experiment, metric, direction):
        return measured(values, experiment, metric, direction)
    paired = values.has(experiment, "l1", direction)
    return INFINITE if metric == "psnr" and paired else NOTHING


def _remarks(values: Values, rows: list[tuple[str, str]]) -> list[str]:
    """What rows that were run were measured on, and what must be known about their runs."""
    experiments = list(dict.fromkeys(e for e, _ in rows))
    notes = [measured_on(values, experiments[0])] if experiments else []
    if experiments:
        named = {f"{e} {task_of(values, e, direction)}": (e, direction) for e, direction in rows}
        notes += other_counts(values, named, measured_images(values, values.one(experiments[0])))
    extras = {e: _extra(values, e) for e in experiments}
    notes += [f"{e}: {extra}." for e, extra in extras.items() if extra]
    return notes + (values.collapses(*experiments) or ["All runs finished; none collapsed."] * bool(experiments))


def _extra(values: Values, experiment: str) -> str:
    """Why an experiment of our own was run; empty for the report's."""
    return RANDOM_WEIGHTS if lacks_published_weights(values, experiment) else values.one(experiment).config.extra


def _scores(values: Values, experiment: str, direction: str) -> list[Cell]:
    """Our three scores; withheld for photos (domain A) that a segmenter below its stated accuracy looked at."""
    judge = values.segmenter(values.one(experiment)) if experiment in values and direction == "b_to_a" else None
    if judge and not judge["passed"]:
        return [Cell("withheld", "muted")] * len(SCORES)
    return [_ours(values, experiment, direction, score) for score in SCORES]


def _beside(values: Values, ours: list[Cell], published: PublishedScore | None) -> list[Cell]:
    """Ours and elsewhere for each score, then whose they are elsewhere."""
    if published is None:
        return [cell for mine in ours for cell in (mine, NOTHING)] + [NOTHING]
    source, _, row = published
    there = fcn_elsewhere(values.root, *published)
    cells = [c for s, mine in zip(SCORES, ours, strict=True) for c in (mine, Cell(_shown(there[s], s), "published"))]
    return [*cells, Cell(f"{source}, {row}")]


def _accuracy(record: dict[str, Any], which: str) -> str:
    """How our segmenter was trained, and whether it may be believed."""
    reaches = "reaches" if record["passed"] else "does not reach"
    withheld = "" if record["passed"] else "; its scores of generated photos are withheld"
    return (
        f"Our segmenter{which}, a torchvision FCN ({record['settings']['backbone']}), was trained for "
        f"{record['steps']} steps on the {record['n_train']} real pairs of the training split. On the "
        f"{record['n_test']} real test photos it {reaches} the per-pixel accuracy of {record['min_accuracy']:.2f} that "
        f"params.yaml asks for{withheld}. Answering the most common class everywhere would score "
        f"{record['most_common_class_accuracy']:.2f}."
    )


def _decoding(values: Values, experiments: list[str]) -> str:
    """What else separates the columns; experiments: those that have scores of ours."""
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
    return f"{value:.{DIGITS[score]}f}"
