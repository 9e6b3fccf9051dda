"""Report 004, the slides `Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks`."""

from collections.abc import Iterable

from pixcycle.paths import TARGET
from pixcycle.report.chapters.kaist import competitors
from pixcycle.report.chapters.kaist.claims import COMPETITORS, SHOWN_IN, claims
from pixcycle.report.content import Block, Figure, Section, Text
from pixcycle.report.draft import Draft
from pixcycle.report.drawing import grids
from pixcycle.report.quality import task_of

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
ELSEWHERE = [
    ("CycleGAN paper", "labels to photo", "pix2pix"),
    *(("CycleGAN paper", "photo to labels", row) for row in ("pix2pix", *COMPETITORS)),
]
"""Rows of fcn-score.csv by methods that we did not train on cityscapes for this chapter."""


def sections(draft: Draft) -> list[Section]:
    """Return the results, figures and claims of the chapter, for the experiments that were run."""
    return draft.sections("kaist", _tables(draft), _figures(draft), claims(draft), SHOWN_IN)


def _where(draft: Draft, experiments: Iterable[str]) -> str:
    """List the datasets of the experiments that were run, as `: maps-unpaired (earth in its place), horse2zebra`."""
    named = ", ".join(dict.fromkeys(map(draft.data_of, draft.present(experiments))))
    return f": {named}" if named else ""


def _tables(draft: Draft) -> list[Block]:
    rows = [(id, direction) for id, directions in BOTH_WAYS.items() for direction in directions]
    own = [id for id in draft.of_chapter("kaist") if id not in (*BOTH_WAYS, *COMPETITORS.values())]
    rows += [(id, direction) for id in own for direction in TARGET]
    caption = f"Quality of the runs, both ways, of which the slides print no numbers{_where(draft, BOTH_WAYS)}"
    quality = draft.quality_table("kaist-quality", caption, rows, ("fid", "kid", "precision", "recall", "l1"))
    scored = SCORED + [(SCORED_IF_RUN, way, None) for _, way, _ in SCORED if SCORED_IF_RUN in draft]
    caption = f"FCN-score, which the slides explain without numbers{_where(draft, [id for id, _, _ in scored])}"
    fcn = draft.fcn_table("kaist-fcn-score", caption, scored, ELSEWHERE)
    return [competitors.table_1(draft), fcn, quality, *_learning_rates(draft)]


def _learning_rates(draft: Draft) -> list[Text]:
    """Return a sentence for each learning rate schedule; usually there is only one."""
    schedules: dict[tuple[float, int, int], list[str]] = {}
    for id in draft.present([*BOTH_WAYS, *COMPETITORS.values()]):
        e = draft.one(id).config
        schedules.setdefault((e.lr, e.n_epochs, e.n_epochs_decay), []).append(id)
    sentences = []
    for (rate, constant, decaying), ids in schedules.items():
        report = draft.as_published(draft.one(ids[0]))
        falling = f", then falling linearly to 0 over {decaying} more" if decaying else ""
        published = f"{report.n_epochs} and {report.n_epochs_decay}" if decaying else report.n_epochs
        epochs = f"{constant} epochs{falling} ({published} as published)"
        sentences.append(Text(f"Learning rate of {', '.join(ids)}: {rate:g} for {epochs}."))
    return sentences


def _figures(draft: Draft) -> list[Figure]:
    figures = []
    for id, lead, experiments in (
        ("kaist-figure-1", "Figure 1 of the report: horse ↔ zebra and summer ↔ winter.", FIGURE_1),
        ("kaist-samples-maps", "The task of @kaist-table-1, maps ↔ aerial photos.", ["kaist-maps"]),
        ("kaist-samples-cityscapes", "The task of FCN-score, labels ↔ photos.", ["kaist-cityscapes"]),
    ):
        figures += _both_ways(draft, id, lead, experiments)
    return [*figures, *competitors.figures(draft), *_architectures(draft)]


def _both_ways(draft: Draft, id: str, lead: str, experiments: list[str]) -> list[Figure]:
    """Draw each run in both directions, with input, output and, for paired datasets, the ground truth."""
    present = draft.present(experiments)
    if not present:
        return []
    albums = [draft.album(experiment, direction) for experiment in present for direction in BOTH_WAYS[experiment]]
    rows = min(ROWS, *(len(album.names) for album in albums))
    columns, groups = [], []
    for album in albums:
        places = album.spread_out(rows)
        pictures = [("Input", album.inputs(places)), ("Generated", album.outputs(places))]
        pictures += [("Ground truth", album.truths(places))] * album.paired
        columns += pictures
        groups.append((task_of(draft, album.run.id, album.direction), len(pictures)))
    caption = f"{lead} Test images at even distances, not chosen{_where(draft, present)}."
    alt = f"Rows of test images and what was made of them: {', '.join(heading for heading, _ in groups)}"
    return [draft.figure(id, grids.image_grid(columns, groups=groups), caption, alt, experiments)]


def _architectures(draft: Draft) -> list[Figure]:
    """Draw the networks of the first run, in the size in which they were trained."""
    # Imported late: no other chapter needs torch.
    from pixcycle.methods.networks import generator_of
    from pixcycle.models.build import build_discriminator
    from pixcycle.report.drawing.architecture import architecture

    drawn = []
    for id in draft.present(BOTH_WAYS)[:1]:
        e = draft.one(id).config
        published = draft.as_published(draft.one(id)).filters
        size = f"images of {e.crop_size} × {e.crop_size} pixels, {e.filters} filters in the first layer"
        size += f" ({published} as published)" if e.filters != published else ""
        for name, network in (
            ("generator", generator_of(e)),
            ("discriminator", build_discriminator(e.patch, 3, e.filters, e.norm)),
        ):
            caption = f"{name.capitalize()} architecture, a slide of the report, drawn from the module itself: {size}."
            picture = architecture(network, (3, e.crop_size, e.crop_size), f"{name.capitalize()} of {id}")
            alt = f"The layers of the {name}, from its input to its output"
            drawn.append(draft.figure(f"kaist-architecture-{name}", picture, caption, alt, [id]))
    return drawn
