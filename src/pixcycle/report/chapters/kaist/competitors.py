"""Table 1 of report 004 and the figures beside it: CycleGAN and its four competitors on maps, in both directions."""

from collections.abc import Iterator
from typing import Any

from pixcycle.estimate.duration import steps_and_batch
from pixcycle.estimate.supplies import published_images
from pixcycle.metrics.registry import SCORES, in_tables
from pixcycle.paths import Direction
from pixcycle.report.content import Cell, Column, Figure, Table
from pixcycle.report.draft import Draft
from pixcycle.report.drawing import grids
from pixcycle.report.published import NOT_RUN, NOTHING, measured, measured_on
from pixcycle.report.quality import task_of
from pixcycle.report.studies import percent, protocol_note

CYCLEGAN = "CycleGAN (ours)"
"""Row of CycleGAN in Table 1, whose "ours" is that of CycleGAN's authors; the other rows are its competitors."""
RUNS = {
    "CoGAN": "kaist-maps-cogan",
    "BiGAN/ALI": "kaist-maps-bigan",
    "SimGAN": "kaist-maps-simgan",
    "Feature loss + GAN": "kaist-maps-feature-loss",
    CYCLEGAN: "kaist-maps",
}
"""Row of Table 1 -> our run of it."""
TASKS: dict[str, tuple[str, Direction]] = {
    "map_to_photo": ("Map → photo", "b_to_a"),
    "photo_to_map": ("Photo → map", "a_to_b"),
}
"""Column of the files of perceptual studies -> title and direction of the runs."""
METRICS = ("fid", "kid", "precision", "recall", "l1")
ROWS = 4


def table_1(draft: Draft) -> Table:
    """Return Table 1: for each direction and method, what people said elsewhere and here, and what we measured."""
    cells = [(run, direction) for run in RUNS.values() for _, direction in TASKS.values()]
    metrics = [m for m in in_tables(METRICS) if any(draft.has(run, m, direction) for run, direction in cells)]
    columns = [Column("Method", numeric=False), Column("Task", numeric=False)]
    columns += [Column(title, group="taken for real") for title in ("published", "ours", "elsewhere")]
    columns += [Column(SCORES[m].heading, group="ours") for m in metrics]
    elsewhere = draft.read_published("elsewhere-amt")
    rows = []
    for task, (title, direction) in TASKS.items():
        for row in draft.read_published("kaist-table-1").to_dict("records"):
            run = RUNS[row["row"]]
            people = [Cell(percentage(row, task), "published"), _study(draft, run, direction), NOTHING]
            rows.append([Cell(row["row"]), Cell(title), *people, *_measured(draft, run, direction, metrics)])
        for row in elsewhere.to_dict("records"):
            people = [NOTHING, NOTHING, Cell(percentage(row, task), "published")]
            rows.append([Cell(row["row"]), Cell(title), *people, *len(metrics) * [NOTHING]])
    present = draft.present(RUNS.values())
    studied = [(run, direction) for run, direction in cells if run in draft and draft.study(run, direction)]
    protocols = [draft.study_protocol(run, direction) for run, direction in studied]
    notes = [
        "Taken for real: percent of generated images that people labelled real, published ones by people on Amazon "
        "Mechanical Turk, with the errors as printed. "
        + (
            protocol_note(protocols) if studied else "No people were asked about ours, and no network answers for them."
        ),
        f"{', '.join(f'{row}: our run {run}' for row, run in RUNS.items())}. The “ours” of {CYCLEGAN} is that of "
        "CycleGAN's authors.",
        f"Elsewhere: {', '.join(elsewhere['source'].unique())}, from a study of its own.",
        *([measured_on(draft, present[0])] if present else []),
        *_steps(draft),
        *_stand_in_features(draft),
        *draft.collapses(*present),
    ]
    caption = "Table 1 of the report: AMT “real vs fake” test on maps ↔ aerial photos at 256 × 256 resolution"
    return Table("kaist-table-1", caption, columns, rows, notes, draft.keys(*RUNS.values()))


def figures(draft: Draft) -> Iterator[Figure]:
    """Yield a figure for each direction: the same test images through all methods that were run."""
    present = {row: run for row, run in RUNS.items() if run in draft}
    if len(present) < 2:
        return
    for task, (title, direction) in TASKS.items():
        albums = {row: draft.album(run, direction) for row, run in present.items()}
        first, *_ = albums.values()
        places = first.spread_out(min(ROWS, len(first.names)))
        columns = [("Input", first.inputs(places))]
        columns += [(row.removesuffix(" (ours)"), album.outputs(places)) for row, album in albums.items()]
        columns += [("Ground truth", first.truths(places))] * first.paired
        data = draft.data_of(next(iter(present.values())))
        caption = f"{title} by each method of @kaist-table-1. Test images at even distances, not chosen: {data}."
        alt = f"Test images and what {', '.join(albums)} made of them, {task_of(draft, RUNS[CYCLEGAN], direction)}"
        id = f"kaist-competitors-{task.replace('_', '-')}"
        yield draft.figure(id, grids.image_grid(columns, groups=[("", len(columns))]), caption, alt, [*RUNS.values()])


def percentage(row: Any, task: str) -> str:
    """Format a row of a perceptual study as `26.8% ± 2.8%`."""
    return f"{row[task]:.1f}% ± {row[f'{task}_error']:.1f}%"


def _study(draft: Draft, run: str, direction: Direction) -> Cell:
    if run not in draft:
        return NOT_RUN
    share = draft.study(run, direction)
    return Cell(percent(share)) if share else Cell("no study yet", "muted")


def _measured(draft: Draft, run: str, direction: Direction, metrics: list[str]) -> list[Cell]:
    if run not in draft:
        return len(metrics) * [NOT_RUN]
    return [measured(draft, run, m, direction) if draft.has(run, m, direction) else NOTHING for m in metrics]


def _steps(draft: Draft) -> list[str]:
    """Return a sentence on each method's training steps, ours and those as published."""
    trained = []
    for row, run in RUNS.items():
        if run in draft:
            record = draft.records[draft.one(run).key]
            published = draft.as_published(draft.one(run))
            images = published_images(draft.plan.params.datasets[published.dataset])
            steps, batch = steps_and_batch(published, images) if images else (0, 0)
            trained.append(f"{row} {record.steps:,} of {record.batch_size} ({steps:,} of {batch} as published)")
    return [f"Training steps, and images of each domain in a step: {'; '.join(trained)}."] if trained else []


def _stand_in_features(draft: Draft) -> list[str]:
    """Return a sentence if the feature loss was trained with other features than the report's."""
    run = RUNS["Feature loss + GAN"]
    if run not in draft:
        return []
    used, asked = draft.one(run).config.feature_network, draft.as_published(draft.one(run)).feature_network
    return [f"{run}: its loss compares features of {used}, not of {asked}."] if used != asked else []
