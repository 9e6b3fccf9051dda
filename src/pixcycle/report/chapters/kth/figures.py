"""Figures 1 to 12 of report 003, and checkerboard energy over the epochs."""

from pathlib import Path
from statistics import mean
from typing import Literal, NamedTuple

import matplotlib.figure
import numpy as np
import pandas as pd

from pixcycle.metrics.checkerboard import LUMINANCE
from pixcycle.paths import TARGET
from pixcycle.report.chapters.kth.runs import CURVES, RESIZE, RUNS, energies, real_energy, weighted, weights
from pixcycle.report.content import Figure
from pixcycle.report.drawing import curves, grids
from pixcycle.report.drawing.samples import Album
from pixcycle.report.publish import publish
from pixcycle.report.values import Values
from pixcycle.report.verdicts import title_of


class Drawing(NamedTuple):
    """A figure of the report.

    Attributes
    ----------
    shows
        What the figure shows, as part of the caption.
    alt
        Alternative text.
    told
        Further sentences of the caption.
    """

    picture: matplotlib.figure.Figure
    shows: str
    alt: str
    told: str = ""
    kind: Literal["jpg", "svg"] = "jpg"


def figures(values: Values, out: Path) -> list[Figure]:
    """Draw the figures of the experiments that were run, in the order of the report."""
    drawn = [
        ("1", "kth-horse2zebra", _figure_1),
        ("2-5", "kth-apple2orange", _figures_2_to_5),
        ("6", "kth-summer2winter", _figure_6),
        ("7", "kth-summer2winter", _figure_7),
        ("8", CURVES, _figure_8),
        ("9-12", "kth-cityscapes", _figures_9_to_12),
    ]
    published = [_publish(values, id, number, draw(values, id), out) for number, id, draw in drawn if id in values]
    return [*published, *_checkerboard(values, out)]


def _figure_1(values: Values, id: str) -> Drawing:
    forth, back = (_progress(values, Album(values, id, direction), (1, 25, 75, 100)) for direction in TARGET)
    columns = [(heading, [*above, *below]) for (heading, above), (_, below) in zip(forth, back, strict=True)]
    picture = grids.image_grid(columns, row_labels=["horse to zebra", "zebra to horse"])
    caption = (
        "first row horse to zebra, second row zebra to horse; input, then generated after epochs 1, 25, 75 and 100"
    )
    alt = "Input and what is made of it after four epochs, in both directions"
    return Drawing(picture, caption, alt)


def _figures_2_to_5(values: Values, id: str) -> Drawing:
    forth, back = (_progress(values, Album(values, id, direction), (20,)) for direction in TARGET)
    (_, apple), (after, orange_made), (_, orange), (_, apple_made) = *forth, *back
    columns = [
        ("original apple", apple),
        (f"generated orange {after}", orange_made),
        ("original orange", orange),
        (f"generated apple {after}", apple_made),
    ]
    caption = "an apple, the orange made of it after 20 epochs, an orange, and the apple made of it after 20 epochs"
    alt = "An apple and the generated orange, an orange and the generated apple"
    return Drawing(grids.image_grid(columns, groups=[("", 2), ("", 2)]), caption, alt)


def _figure_6(values: Values, id: str) -> Drawing:
    """Draw four rows of six, a to x; the report describes 6a to 6f and 6m to 6r as the course of the training."""
    forth, back = (Album(values, id, direction) for direction in TARGET)
    rows = [_progress(values, album, (1, 25, 50, 75, 100), i) for album in (forth, back) for i in (1, -2)]
    columns = [(cells[0][0], [image for _, (image,) in cells]) for cells in zip(*rows, strict=True)]
    labels = ["summer to winter"] * 2 + ["winter to summer"] * 2
    caption = "the first two rows are summer to winter, the third and fourth winter to summer; input, then generated"
    alt = "Two summer images and their winter, two winter images and their summer, after five epochs"
    return Drawing(grids.image_grid(columns, row_labels=labels), caption, alt, "Test images are not chosen.")


def _figure_7(values: Values, id: str) -> Drawing:
    album = Album(values, id, "a_to_b")
    outputs = album.outputs(list(range(len(album.names))))
    brightness = [float((image @ LUMINANCE).mean()) for image in outputs]
    place = int(np.argmin(brightness))
    picture = grids.image_grid([("summer", album.inputs([place])), ("generated winter", [outputs[place]])])
    caption = "a relatively dark blue winter image that was made of a summer one"
    remark = (
        f"In its place the darkest of our {len(outputs)}: its mean luminance is {brightness[place]:.0f} of 255, where "
        f"the median of all is {np.median(brightness):.0f}. Its input stands beside it."
    )
    alt = "A summer image and the darkest generated winter image"
    return Drawing(picture, caption, alt, remark)


def _figure_8(values: Values, id: str) -> Drawing:
    e = values.one(id).config
    factors = weights(e)
    panels = {
        "Generators, total": {"g": "both"},
        "Adversarial terms": {"g_ab_gan": "summer to winter", "g_ba_gan": "winter to summer"},
        f"Cycle terms × {factors['cycle']:g}": {"cycle_a": "summer and back", "cycle_b": "winter and back"},
        "Discriminators": {"d_a": "of summer", "d_b": "of winter"},
    }
    if factors["identity"]:
        panels[f"Identity terms × {factors['identity']:g}"] = {"identity_a": "summer", "identity_b": "winter"}
    title = f"{id}, {e.epochs} epochs of batch size {e.batch_size}"
    history = weighted(values.history(id), e)
    picture = curves.smoothed_curves(history, panels, values.steps_per_epoch(id), title)
    remark = (
        f"Light: logged every {e.log_every} batches; strong: their exponential moving average of 0.99. The terms "
        "are drawn as they enter the generators' total, times their weights, so that the panels show what each adds."
    )
    alt = "Loss against epoch, a panel for each kind of loss"
    return Drawing(picture, "losses of the training", alt, curves.captioned(remark, history), "svg")


def _figures_9_to_12(values: Values, id: str) -> Drawing:
    (_, inputs), *generated = _progress(values, Album(values, id, "b_to_a"), (1, 50, 100))
    picture = grids.image_grid([("original segmentation", inputs), *generated])
    caption = "a segmentation, and the photo made of it after epochs 1, 50 and 100"
    alt = "A segmentation and the photos made of it after three epochs"
    return Drawing(picture, caption, alt)


def _checkerboard(values: Values, out: Path) -> list[Figure]:
    """Draw the checkerboard energy of each run in its scored direction, averaged over seeds."""
    experiments = [id for id in (*RUNS, RESIZE) if id in values]
    if not experiments:
        return []
    series, reals, alike = {}, [], {}
    for id in experiments:
        run = values.one(id)
        seeds = [energies(values, seed, run.config.direction) for seed in values.runs[id]]
        series[run.config.label] = list(pd.concat(seeds, axis=1).mean(axis=1).items())
        reals.append(real_energy(values, run, run.config.direction))
        alike.setdefault(run.fingerprint, []).append(run.config.label)
    sentences = [
        "Sections 4.7 and 5.4 of the report, as a measurement: the share of spectral energy that stands out at the "
        "frequencies of stride 2, in the mean over the few test images that are translated on the way.",
        f"Real images: the mean of the target domains, which have {min(reals):z.4f} to {max(reals):z.4f}.",
        *(f"The runs {', '.join(same)} are equal here, and so their lines." for same in alike.values() if same[1:]),
        *values.collapses(*experiments),
    ]
    if missing := [id for id in (*RUNS, RESIZE) if id not in values]:
        sentences.append(f"Not run here: {', '.join(missing)}.")
    picture = curves.energy_over_epochs(series, {"real images": mean(reals)}, "", "checkerboard energy")
    alt = "Checkerboard energy against epoch, a line for each run"
    caption = " ".join(sentences)
    return [publish(picture, "kth-checkerboard", caption, alt, values, experiments, out, "svg", all_seeds=True)]


def _progress(
    values: Values, album: Album, epochs: tuple[int, ...], which: int | None = None
) -> list[tuple[str, list]]:
    """Return columns with one of the sampled images and its outputs after the given epochs of the report.

    Parameters
    ----------
    which
        Index among the sampled images; the middle one by default.
    """
    sampled = len(album.sampled)
    place = [album.sampled[sampled // 2 if which is None else which % sampled]]
    columns: list[tuple[str, list]] = [("input", album.inputs(place))]
    reached = values.records[album.run.key].epochs
    for published in epochs:
        epoch = album.epoch_like(published)
        heading = f"after epoch {epoch}" + (f" (for {published})" if epoch != published else "")
        columns.append((heading, album.outputs_after(epoch, place) if epoch <= reached else ["collapsed before"]))
    return columns


def _publish(values: Values, id: str, number: str, drawing: Drawing, out: Path) -> Figure:
    """Publish a figure; its caption also names the dataset and says how epochs of a shorter run map to the report's."""
    run, (picture, shows, alt, remark, kind) = values.one(id), drawing
    ours, published = run.config.epochs, values.as_published(run).epochs
    where = title_of(values, run.asked_dataset)
    sentences = [f"Figure {number.replace('-', ' to ')} of the report: {shows}; here on {where}.", remark]
    if ours != published:
        share = "each stands for the one after the same share of the training"
        sentences.append(f"Our run has {ours} epochs, the report's {published}: {share}.")
    caption = " ".join(filter(None, [*sentences, *values.collapses(id)]))
    return publish(picture, f"kth-figure-{number}", caption, alt, values, [id], out, kind)
