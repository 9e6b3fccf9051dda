"""Report 001, `Learning of Unpaired Image-to-Image GAN Method`: section 4.6, Figures 3 to 7."""

import re
from pathlib import Path

import numpy as np

from pixcycle.report.chapter_sections import parts
from pixcycle.report.chapters.wustl.claims import EQUAL, LAMBDAS, NORMAL, PAIRED, RULES, SHOWN_IN, claims
from pixcycle.report.content import Block, Cell, Column, Figure, Section, Table
from pixcycle.report.drawing import curves, grids
from pixcycle.report.drawing.samples import Album
from pixcycle.report.publish import publish
from pixcycle.report.published import NOT_RUN, read_published
from pixcycle.report.quality import quality_table
from pixcycle.report.values import Values
from pixcycle.report.verdicts import title_of

LABEL2PHOTO = "wustl-facades-label2photo"
EXPERIMENTS = [*(id for pair in PAIRED for id in pair), EQUAL, *(id for pair in LAMBDAS for id in pair)]
METRICS = ("fid", "kid", "precision", "recall", "l1", "ssim")

X, G, F, Y = "Input x", "Output G(x)", "Reconstruction F(G(x))", "Ground truth y"
FIGURES_3_TO_6 = [
    ("wustl-figure-3", "Figure 3 of the report: image to label", *PAIRED[1], (X, G, "Paired comparison", F, Y)),
    ("wustl-figure-4", "Figure 4 of the report: label to image", *PAIRED[0], (X, G, "Paired comparison", F, Y)),
    ("wustl-figure-5", "Figure 5 of the report: photo to Cézanne", *LAMBDAS[1], (X, G, "Output with λ = 1", F, None)),
    ("wustl-figure-6", "Figure 6 of the report: Cézanne to photo", *LAMBDAS[0], (X, G, "Output with λ = 1", F, None)),
]
"""(id, caption, experiment, second experiment, headings of x, G(x), the second's G(x), F(G(x)), y; None hides one)"""
SAMPLES_OF_RATES = (
    "wustl-samples-lr",
    "The runs of @wustl-figure-7, of which the report shows no images: photo to label",
    *(NORMAL, EQUAL),
    (X, "Normal learning rates", "Equal learning rates", None, Y),
)
IMAGES = 4

LOSSES = {
    "g": "Generator, total",
    "g_ab_gan": "Generator, GAN term",
    "cycle_a": "Generator, cycle of x, without λ",
    "d_b": "Discriminator, mean of its two halves",
}


def sections(values: Values, out: Path) -> list[Section]:
    """Return the results, figures and claims of the chapter, for the experiments that were run."""
    figures: list[Block] = [figure for grid in FIGURES_3_TO_6 for figure in _grid(values, out, *grid)]
    figures += [*_figure_7(values, out), *_grid(values, out, *SAMPLES_OF_RATES)]
    return parts("wustl", [_times(values), _quality(values)], figures, claims(values), SHOWN_IN, RULES)


def _times(values: Values) -> Table:
    """Return the three times of section 4.6 next to those of the label to photo run."""
    published = read_published("wustl-section-4.6", values.root)
    _, epoch, total = published.itertuples()
    epochs = int(re.search(r"\d+", total.row)[0])
    caption, ours, notes = "Section 4.6 of the report: what training takes", [NOT_RUN] * 3, []
    made_from = []
    if LABEL2PHOTO in values:
        run = values.one(LABEL2PHOTO)
        record, pixels, made_from = values.records[run.key], run.config.crop_size, [run.key]
        seconds = record.seconds / record.epochs
        ours = [
            Cell(str(values.steps_per_epoch(LABEL2PHOTO))),
            Cell(_digits(seconds / 60)),
            Cell(_digits(seconds * epochs / 3600)),
        ]
        caption += f", label to photo on {title_of(values, run.asked_dataset)}"
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


def _digits(number: float) -> str:
    """Format a number with three significant digits and no exponent."""
    return np.format_float_positional(number, precision=3, fractional=False, trim="-")


def _quality(values: Values) -> Table:
    """Return the quality of the nine experiments and the user's own, in their scored directions, with collapses."""
    known = values.plan.params.experiments["wustl"]
    names = [id.removeprefix("wustl-") for id in dict.fromkeys([*EXPERIMENTS, *values.of_chapter("wustl")])]
    rows = [(f"wustl-{name}", known[name].direction) for name in names if name in known]
    caption = "Quality of the report's nine experiments, of which it prints no numbers"
    return quality_table("wustl-quality", caption, values, rows, METRICS)


def _grid(
    values: Values, out: Path, id: str, caption: str, experiment: str, second: str, headings: tuple[str | None, ...]
) -> list[Figure]:
    """Draw a row per test image: x, outputs of two experiments, the first one's reconstruction, and ground truth."""
    albums = {e: Album(values, e) for e in (experiment, second) if e in values}
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
        f"{caption} on {title_of(values, first.run.asked_dataset)}; test images at even distances, not chosen.",
        *_remarks(values, experiment, second),
    ]
    alt = f"Test images, a row each: {', '.join(filter(None, headings))}"
    return [publish(picture, id, " ".join(sentences), alt, values, list(albums), out)]


def _figure_7(values: Values, out: Path) -> list[Figure]:
    present = {label: e for label, e in (("normal rates", NORMAL), ("equal rates", EQUAL)) if e in values}
    if not present:
        return []
    histories = {label: values.history(e) for label, e in present.items()}
    picture = curves.compared_curves(
        histories,
        LOSSES,
        {label: values.steps_per_epoch(e) for label, e in present.items()},
    )
    rates = {label: (values.one(e).config.lr, values.one(e).config.lr_discriminator) for label, e in present.items()}
    where = title_of(values, values.one(next(iter(present.values()))).asked_dataset)
    sentences = [
        f"Figure 7 of the report: loss curves of photo to label on {where}.",
        *(f"With {label} G learns at {_digits(g)}, D at {_digits(d or g)}." for label, (g, d) in rates.items()),
        "The report adds the two halves of D's loss, ours is their mean: its 0.5 is 0.25 in ours.",
        *_remarks(values, NORMAL, EQUAL),
    ]
    alt = "Losses against epochs with normal and with equal learning rates, four panels"
    caption = curves.captioned(" ".join(sentences), *histories.values())
    return [publish(picture, "wustl-figure-7", caption, alt, values, list(present.values()), out, "svg")]


def _remarks(values: Values, *experiments: str) -> list[str]:
    """Return sentences on runs that are shorter than published, collapsed or missing, for a caption."""
    present = [e for e in experiments if e in values]
    missing = [e for e in experiments if e not in values]
    run = values.one(present[0])
    ours, published = run.config.epochs, values.as_published(run).epochs
    remarks = []
    if ours != published:
        remarks.append(f"Trained for {ours} epochs, in the report for {published}.")
    remarks += values.collapses(*present)
    if missing:
        remarks.append(f"Not run here: {', '.join(missing)}.")
    return remarks
