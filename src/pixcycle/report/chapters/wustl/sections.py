"""Report 001, `Learning of Unpaired Image-to-Image GAN Method`: section 4.6, Figures 3 to 6."""

import re

from pixcycle.report.chapters.wustl import figure_7
from pixcycle.report.chapters.wustl.claims import LAMBDAS, PAIRED, RULES, SHOWN_IN, claims
from pixcycle.report.chapters.wustl.rates import RATES
from pixcycle.report.chapters.wustl.wording import digits, shorter
from pixcycle.report.content import Cell, Column, Figure, Section, Table
from pixcycle.report.draft import Draft
from pixcycle.report.drawing import grids
from pixcycle.report.published import NOT_RUN

LABEL2PHOTO = "wustl-facades-label2photo"
EXPERIMENTS = [
    *(id for pair in PAIRED for id in pair),
    *(equal for _, equal in RATES),
    *(id for pair in LAMBDAS for id in pair),
]
METRICS = ("fid", "kid", "precision", "recall", "l1", "ssim")

X, G, F, Y = "Input x", "Output G(x)", "Reconstruction F(G(x))", "Ground truth y"
FIGURES_3_TO_6 = [
    ("wustl-figure-3", "Figure 3 of the report: image to label", *PAIRED[1], (X, G, "Paired comparison", F, Y)),
    ("wustl-figure-4", "Figure 4 of the report: label to image", *PAIRED[0], (X, G, "Paired comparison", F, Y)),
    ("wustl-figure-5", "Figure 5 of the report: photo to Cézanne", *LAMBDAS[1], (X, G, "Output with λ = 1", F, None)),
    ("wustl-figure-6", "Figure 6 of the report: Cézanne to photo", *LAMBDAS[0], (X, G, "Output with λ = 1", F, None)),
]
"""(id, caption, experiment, second experiment, headings of x, G(x), the second's G(x), F(G(x)), y; None hides one)"""
SAMPLES_OF_RATES = [
    (
        f"wustl-samples-lr-{task.replace(' to ', '2')}",
        f"Runs of @wustl-figure-7, of which the report shows no images: {task}",
        *pair,
        (X, "Normal learning rates", "Equal learning rates", None, Y),
    )
    for task, pair in zip(("label to photo", "photo to label"), RATES, strict=True)
]
IMAGES = 2
"""Rows of each of the report's image figures."""


def sections(draft: Draft) -> list[Section]:
    """Return the results, figures and claims of the chapter, for the experiments that were run."""
    figures = [figure for grid in FIGURES_3_TO_6 for figure in _grid(draft, *grid)]
    figures += [*figure_7.figure(draft), *(figure for grid in SAMPLES_OF_RATES for figure in _grid(draft, *grid))]
    tables = [_times(draft), _quality(draft), figure_7.scales(draft)]
    return draft.sections("wustl", tables, figures, claims(draft), SHOWN_IN, RULES)


def _times(draft: Draft) -> Table:
    """Return the three times of section 4.6 next to those of the label to photo run."""
    published = draft.read_published("wustl-section-4.6")
    _, epoch, total = published.itertuples()
    epochs = int(re.search(r"\d+", total.row)[0])
    caption, ours, notes = "Section 4.6 of the report: what training takes", [NOT_RUN] * 3, []
    made_from = []
    if LABEL2PHOTO in draft:
        run = draft.one(LABEL2PHOTO)
        record, pixels, made_from = draft.records[run.key], run.config.crop_size, [run.key]
        seconds = record.seconds / record.epochs
        ours = [
            Cell(str(draft.steps_per_epoch(LABEL2PHOTO))),
            Cell(digits(seconds / 60)),
            Cell(digits(seconds * epochs / 3600)),
        ]
        caption += f", label to photo on {draft.data_of(LABEL2PHOTO)}"
        notes.append(
            f"Ours: {run.key}, batch size {record.batch_size}, {pixels} × {pixels} pixels, on {record.device}, "
            f"{record.threads} thread(s)."
        )
        if record.epochs != epochs:
            notes.append(
                f"Our time of {epochs} epochs is {epochs} times that of one, measured over {record.epochs} epochs."
            )
    notes.append(
        f"The published values disagree: {epochs} × {epoch.value:g} {epoch.unit} are {epochs * epoch.value / 60:.0f} "
        f"{total.unit}, and {total.value:g} {total.unit} are {total.value * 3600 / epochs:.0f} seconds per epoch."
    )
    titles = [row.row + (f" ({row.unit})" if row.unit else "") for row in published.fillna("").itertuples()]
    rows = [
        [Cell(title), Cell(f"{value:g}", "published"), cell]
        for title, value, cell in zip(titles, published["value"], ours, strict=True)
    ]
    columns = [Column("Quantity", numeric=False), Column("published"), Column("ours")]
    return Table("wustl-section-4.6", caption, columns, rows, notes, made_from)


def _quality(draft: Draft) -> Table:
    """Return the quality of the ten experiments and the user's own, in their scored directions, with collapses."""
    known = draft.plan.params.experiments["wustl"]
    names = [id.removeprefix("wustl-") for id in dict.fromkeys([*EXPERIMENTS, *draft.of_chapter("wustl")])]
    rows = [(f"wustl-{name}", known[name].direction) for name in names if name in known]
    caption = "Quality of the report's ten experiments, of which it prints no numbers"
    return draft.quality_table("wustl-quality", caption, rows, METRICS)


def _grid(
    draft: Draft, id: str, caption: str, experiment: str, second: str, headings: tuple[str | None, ...]
) -> list[Figure]:
    """Draw a row per test image: x, outputs of two experiments, the first one's reconstruction, and ground truth."""
    albums = {e: draft.album(e) for e in draft.present((experiment, second))}
    if not albums:
        return []
    first = next(iter(albums.values()))
    places = first.spread_out(IMAGES)
    missing = [None] * len(places)
    columns = [
        first.inputs(places),
        albums[experiment].outputs(places) if experiment in albums else missing,
        albums[second].outputs(places) if second in albums else missing,
        albums[experiment].returned(places) if experiment in albums else missing,
        first.truths(places) if first.paired else ["no pair"] * len(places),
    ]
    picture = grids.image_grid([pair for pair in zip(headings, columns, strict=True) if pair[0]])
    sentences = [
        f"{caption} on {draft.data_of(first.run.id)}; test images at even distances, not chosen.",
        *_remarks(draft, list(albums)),
    ]
    alt = f"Test images, a row each: {', '.join(filter(None, headings))}"
    return [draft.figure(id, picture, " ".join(sentences), alt, (experiment, second))]


def _remarks(draft: Draft, experiments: list[str]) -> list[str]:
    """Return sentences on runs that are shorter than published or collapsed, for a caption."""
    return [*shorter(draft, draft.one(experiments[0])), *draft.collapses(*experiments)]
