"""Report 004, the slides `Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks`."""

from collections.abc import Iterable
from pathlib import Path

from pixcycle.paths import TARGET
from pixcycle.report.chapter_sections import parts
from pixcycle.report.chapters.kaist.claims import CYCLEGAN, SHOWN_IN, TASKS, claims, percentage, studies_of_maps
from pixcycle.report.content import Block, Cell, Column, Figure, Section, Table, Text
from pixcycle.report.drawing import grids
from pixcycle.report.drawing.samples import Album
from pixcycle.report.publish import publish
from pixcycle.report.published import NOT_RUN, NOTHING, read_published
from pixcycle.report.quality import fcn_table, quality_table, task_of
from pixcycle.report.studies import PROTOCOL, percent
from pixcycle.report.values import Values
from pixcycle.report.verdicts import title_of

BOTH_WAYS = {
    "kaist-maps": ("b_to_a", "a_to_b"),
    "kaist-horse2zebra": ("a_to_b", "b_to_a"),
    "kaist-summer2winter": ("a_to_b", "b_to_a"),
    "kaist-cityscapes": ("b_to_a", "a_to_b"),
}
"""Directions of each run, starting with the one that the slides show first."""
FIGURE_1 = ["kaist-horse2zebra", "kaist-summer2winter"]
ROWS = 4

SCORED = [
    ("kaist-cityscapes", "b_to_a", ("CycleGAN paper", "labels to photo", "CycleGAN")),
    ("kaist-cityscapes", "a_to_b", ("CycleGAN paper", "photo to labels", "CycleGAN")),
]
SCORED_IF_RUN = "kth-cityscapes"
PIX2PIX = [("CycleGAN paper", "labels to photo", "pix2pix"), ("CycleGAN paper", "photo to labels", "pix2pix")]


def sections(values: Values, out: Path) -> list[Section]:
    """Return the results, figures and claims of the chapter, for the experiments that were run."""
    return parts("kaist", _tables(values), _figures(values, out), claims(values), SHOWN_IN)


def _present(values: Values) -> list[str]:
    return [id for id in BOTH_WAYS if id in values]


def _where(values: Values, experiments: Iterable[str]) -> str:
    """List the datasets of the experiments that were run, as `: maps-unpaired (earth in its place), horse2zebra`."""
    datasets = dict.fromkeys(values.one(id).asked_dataset for id in experiments if id in values)
    named = ", ".join(title_of(values, dataset) for dataset in datasets)
    return f": {named}" if named else ""


def _tables(values: Values) -> list[Block]:
    rows = [(id, direction) for id, directions in BOTH_WAYS.items() for direction in directions]
    own = [id for id in values.of_chapter("kaist") if id not in BOTH_WAYS]
    rows += [(id, direction) for id in own for direction in TARGET]
    caption = f"Quality of the runs, both ways, of which the slides print no numbers{_where(values, BOTH_WAYS)}"
    quality = quality_table("kaist-quality", caption, values, rows, ("fid", "kid", "precision", "recall", "l1"))
    scored = SCORED + [(SCORED_IF_RUN, way, None) for _, way, _ in SCORED if SCORED_IF_RUN in values]
    caption = f"FCN-score, which the slides explain without numbers{_where(values, [id for id, _, _ in scored])}"
    fcn = fcn_table("kaist-fcn-score", caption, values, scored, PIX2PIX)
    return [_perceptual_study(values), fcn, quality, *_learning_rates(values)]


def _perceptual_study(values: Values) -> Table:
    """Return Table 1, with the results of our own study, if there is one, and those of pix2pix in another study."""
    columns = [Column("Method", numeric=False)]
    columns += [Column(title, group=group) for group in TASKS.values() for title in ("published", "ours", "elsewhere")]
    shares = studies_of_maps(values)
    rows = []
    for row in read_published("kaist-table-1", values.root).to_dict("records"):
        cells = []
        for task in TASKS:
            ours = Cell("not ours", "muted")
            if row["row"] == CYCLEGAN:
                ours = Cell(percent(shares[task])) if task in shares else _no_study(values)
            cells.append((Cell(percentage(row, task), "published"), ours, NOTHING))
        rows.append([Cell(row["row"]), *cells[0], *cells[1]])
    elsewhere = read_published("elsewhere-amt", values.root)
    for row in elsewhere.to_dict("records"):
        cells = [(NOTHING, NOTHING, Cell(percentage(row, task), "published")) for task in TASKS]
        rows.append([Cell(row["row"]), *cells[0], *cells[1]])
    notes = [
        "In percent: generated images that people on Amazon Mechanical Turk labelled real, with the errors as printed. "
        + (PROTOCOL if shares else "No people were asked about ours, and no network answers in their place."),
        f"The “ours” of {CYCLEGAN} is that of CycleGAN's authors; kaist-maps is our run of it. "
        "The competitors are not ours: no run stands for them.",
        f"Elsewhere: {', '.join(elsewhere['source'].unique())}, from a study of its own.",
    ]
    caption = "Table 1 of the report: AMT “real vs fake” test on maps ↔ aerial photos at 256 × 256 resolution"
    return Table("kaist-table-1", caption, columns, rows, notes, values.keys("kaist-maps") if shares else [])


def _no_study(values: Values) -> Cell:
    return Cell("no study yet", "muted") if "kaist-maps" in values else NOT_RUN


def _learning_rates(values: Values) -> list[Text]:
    """Return a sentence for each learning rate schedule; usually there is only one."""
    schedules: dict[tuple[float, int, int], list[str]] = {}
    for id in _present(values):
        e = values.one(id).config
        schedules.setdefault((e.lr, e.n_epochs, e.n_epochs_decay), []).append(id)
    sentences = []
    for (rate, constant, decaying), ids in schedules.items():
        report = values.as_published(values.one(ids[0]))
        sentences.append(
            Text(
                f"Learning rate of {', '.join(ids)}: {rate:g} for {constant} epochs, then falling linearly to 0 over "
                f"{decaying} more ({report.n_epochs} and {report.n_epochs_decay} as published)."
            )
        )
    return sentences


def _figures(values: Values, out: Path) -> list[Block]:
    blocks: list[Block] = []
    for id, lead, experiments in (
        ("kaist-figure-1", "Figure 1 of the report: horse ↔ zebra and summer ↔ winter.", FIGURE_1),
        ("kaist-samples-maps", "The task of @kaist-table-1, maps ↔ aerial photos.", ["kaist-maps"]),
        ("kaist-samples-cityscapes", "The task of FCN-score, labels ↔ photos.", ["kaist-cityscapes"]),
    ):
        blocks += _both_ways(values, id, lead, experiments, out)
    return [*blocks, *_architectures(values, out)]


def _both_ways(values: Values, id: str, lead: str, experiments: list[str], out: Path) -> list[Figure]:
    """Draw each run in both directions, with input, output and, for paired datasets, the ground truth."""
    present = [experiment for experiment in experiments if experiment in values]
    if not present:
        return []
    albums = [Album(values, experiment, direction) for experiment in present for direction in BOTH_WAYS[experiment]]
    rows = min(ROWS, *(len(album.names) for album in albums))
    columns, groups = [], []
    for album in albums:
        places = album.spread_out(rows)
        pictures = [("Input", album.inputs(places)), ("Generated", album.outputs(places))]
        pictures += [("Ground truth", album.truths(places))] * album.paired
        columns += pictures
        groups.append((task_of(values, album.run.id, album.direction), len(pictures)))
    missing = [experiment for experiment in experiments if experiment not in values]
    caption = f"{lead} Test images at even distances, not chosen{_where(values, present)}."
    caption += f" Not run here: {', '.join(missing)}." if missing else ""
    alt = f"Rows of test images and what was made of them: {', '.join(heading for heading, _ in groups)}"
    return [publish(grids.image_grid(columns, groups=groups), id, caption, alt, values, present, out)]


def _architectures(values: Values, out: Path) -> list[Figure]:
    """Draw the networks of the first run, in the size in which they were trained."""
    # Imported late: no other chapter needs torch.
    from pixcycle.methods.networks import generator_of
    from pixcycle.models.build import build_discriminator
    from pixcycle.report.drawing.architecture import architecture

    drawn = []
    for id in _present(values)[:1]:
        e = values.one(id).config
        published = values.as_published(values.one(id)).filters
        size = f"images of {e.crop_size} × {e.crop_size} pixels, {e.filters} filters in the first layer"
        size += f" ({published} as published)" if e.filters != published else ""
        for name, network in (
            ("generator", generator_of(e)),
            ("discriminator", build_discriminator(e.patch, 3, e.filters, e.norm)),
        ):
            caption = f"{name.capitalize()} architecture, a slide of the report, drawn from the module itself: {size}."
            picture = architecture(network, (3, e.crop_size, e.crop_size), f"{name.capitalize()} of {id}")
            alt = f"The layers of the {name}, from its input to its output"
            drawn.append(publish(picture, f"kaist-architecture-{name}", caption, alt, values, [id], out, "svg"))
    return drawn
