"""Figures 1 to 12 of report 003, and checkerboard energy over the epochs."""

from statistics import mean

import numpy as np
import pandas as pd

from pixcycle.metrics.checkerboard import LUMINANCE
from pixcycle.paths import TARGET
from pixcycle.report.chapters.kth.runs import CURVES, RESIZE, RUNS, energies, real_energy, weighted, weights
from pixcycle.report.content import Figure
from pixcycle.report.draft import Draft
from pixcycle.report.drawing import curves, grids
from pixcycle.report.drawing.samples import Album
from pixcycle.report.quality import task_of


def figures(draft: Draft) -> list[Figure]:
    """Draw the figures of the experiments that were run, in the order of the report."""
    published = [
        ("kth-horse2zebra", _figure_1),
        ("kth-apple2orange", _figures_2_to_5),
        ("kth-summer2winter", _figure_6),
        ("kth-summer2winter", _figure_7),
        (CURVES, _figure_8),
        ("kth-cityscapes", _figures_9_to_12),
    ]
    figures = [draw(draft, id) for id, draw in published if id in draft]
    return [*figures, *_training_beside_test(draft), *_checkerboard(draft)]


def _figure_1(draft: Draft, id: str) -> Figure:
    forth, back = (_progress(draft, draft.album(id, direction), (1, 25, 75, 100)) for direction in TARGET)
    columns = [(heading, [*above, *below]) for (heading, above), (_, below) in zip(forth, back, strict=True)]
    picture = grids.image_grid(columns, row_labels=["horse to zebra", "zebra to horse"])
    shows = "first row horse to zebra, second row zebra to horse; input, then generated after epochs 1, 25, 75 and 100"
    alt = "Input and what is made of it after four epochs, in both directions"
    return draft.figure("kth-figure-1", picture, _caption(draft, id, "1", shows), alt, [id])


def _figures_2_to_5(draft: Draft, id: str) -> Figure:
    forth, back = (_progress(draft, draft.album(id, direction), (20,)) for direction in TARGET)
    (_, apple), (after, orange_made), (_, orange), (_, apple_made) = *forth, *back
    columns = [
        ("original apple", apple),
        (f"generated orange {after}", orange_made),
        ("original orange", orange),
        (f"generated apple {after}", apple_made),
    ]
    picture = grids.image_grid(columns, groups=[("", 2), ("", 2)])
    shows = "an apple, the orange made of it after 20 epochs, an orange, and the apple made of it after 20 epochs"
    alt = "An apple and the generated orange, an orange and the generated apple"
    return draft.figure("kth-figure-2-5", picture, _caption(draft, id, "2 to 5", shows), alt, [id])


def _figure_6(draft: Draft, id: str) -> Figure:
    """Draw four rows of six, a to x; the report describes 6a to 6f and 6m to 6r as the course of the training."""
    forth, back = (draft.album(id, direction) for direction in TARGET)
    rows = [_progress(draft, album, (1, 25, 50, 75, 100), i) for album in (forth, back) for i in (1, -2)]
    columns = [(cells[0][0], [image for _, (image,) in cells]) for cells in zip(*rows, strict=True)]
    labels = ["summer to winter"] * 2 + ["winter to summer"] * 2
    picture = grids.image_grid(columns, row_labels=labels)
    shows = "the first two rows are summer to winter, the third and fourth winter to summer; input, then generated"
    alt = "Two summer images and their winter, two winter images and their summer, after five epochs"
    caption = _caption(draft, id, "6", shows, "Test images are not chosen.")
    return draft.figure("kth-figure-6", picture, caption, alt, [id])


def _figure_7(draft: Draft, id: str) -> Figure:
    album = draft.album(id, "a_to_b")
    outputs = album.outputs(list(range(len(album.names))))
    brightness = [float((image @ LUMINANCE).mean()) for image in outputs]
    place = int(np.argmin(brightness))
    picture = grids.image_grid([("summer", album.inputs([place])), ("generated winter", [outputs[place]])])
    shows = "a relatively dark blue winter image that was made of a summer one"
    remark = (
        f"In its place the darkest of our {len(outputs)}: its mean luminance is {brightness[place]:.0f} of 255, where "
        f"the median of all is {np.median(brightness):.0f}. Its input stands beside it."
    )
    alt = "A summer image and the darkest generated winter image"
    return draft.figure("kth-figure-7", picture, _caption(draft, id, "7", shows, remark), alt, [id])


def _figure_8(draft: Draft, id: str) -> Figure:
    run = draft.one(id)
    e = run.config
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
    picture = curves.smoothed_curves(weighted(draft.history(run), e), panels, draft.steps_per_epoch(id), title)
    remarks = (
        f"Light: logged every {e.log_every} batches; strong: their exponential moving average of 0.99. The terms "
        "are drawn as they enter the generators' total, times their weights, so that the panels show what each adds.",
        picture.note,
    )
    alt = "Loss against epoch, a panel for each kind of loss"
    caption = _caption(draft, id, "8", "losses of the training", *remarks)
    return draft.figure("kth-figure-8", picture, caption, alt, [id])


def _figures_9_to_12(draft: Draft, id: str) -> Figure:
    (_, inputs), *generated = _progress(draft, draft.album(id, "b_to_a"), (1, 50, 100))
    picture = grids.image_grid([("original segmentation", inputs), *generated])
    shows = "a segmentation, and the photo made of it after epochs 1, 50 and 100"
    alt = "A segmentation and the photos made of it after three epochs"
    return draft.figure("kth-figure-9-12", picture, _caption(draft, id, "9 to 12", shows), alt, [id])


def _checkerboard(draft: Draft) -> list[Figure]:
    """Draw the checkerboard energy of each run in its scored direction, averaged over seeds."""
    experiments = draft.present((*RUNS, RESIZE))
    if not experiments:
        return []
    series, reals, alike = {}, [], {}
    for id in experiments:
        run = draft.one(id)
        seeds = [energies(draft, seed, run.config.direction) for seed in draft.runs[id]]
        series[run.config.label] = list(pd.concat(seeds, axis=1).mean(axis=1).items())
        reals.append(real_energy(draft, run, run.config.direction))
        alike.setdefault(run.fingerprint, []).append(run.config.label)
    sentences = [
        "Sections 4.7 and 5.4 of the report, as a measurement: the share of spectral energy that stands out at the "
        "frequencies of stride 2, in the mean over the few test images that are translated on the way.",
        f"Real images: the mean of the target domains, which have {min(reals):z.4f} to {max(reals):z.4f}.",
        *(f"The runs {', '.join(same)} are equal here, and so their lines." for same in alike.values() if same[1:]),
        *draft.collapses(*experiments),
    ]
    picture = curves.energy_over_epochs(series, {"real images": mean(reals)}, "", "checkerboard energy")
    alt = "Checkerboard energy against epoch, a line for each run"
    caption = " ".join(sentences)
    return [draft.figure("kth-checkerboard", picture, caption, alt, (*RUNS, RESIZE), all_seeds=True)]


def _training_beside_test(draft: Draft) -> list[Figure]:
    """Draw a training image, which the report's code shows, and a test image, for each run that translated both."""
    figures = []
    for id in draft.present((*RUNS, RESIZE)):
        run = draft.one(id)
        reached = [epoch for epoch in run.config.sample_epochs if epoch <= draft.records[run.key].epochs]
        if not (run.config.sample_training and reached):
            continue
        epochs = sorted({reached[0], reached[len(reached) // 2], reached[-1]})
        rows, labels = [], []
        for direction in TARGET:
            album = draft.album(id, direction)
            place = [album.sampled[len(album.sampled) // 2]]
            of_training = [album.of_training(epoch) for epoch in epochs]
            rows.append([of_training[0][0], *(fake for _, fake in of_training)])
            rows.append([*album.inputs(place), *(album.outputs_after(epoch, place)[0] for epoch in epochs)])
            labels += [f"{split} image, {task_of(draft, id, direction)}" for split in ("training", "test")]
        headings = ["input", *(f"after epoch {epoch}" for epoch in epochs)]
        columns = [(heading, list(images)) for heading, images in zip(headings, zip(*rows, strict=True), strict=True)]
        caption = (
            f"{draft.data_of(id)}: a training image of each domain, as the code of the report shows, and a test image."
        )
        alt = "A training and a test image of each domain, and what is made of them after several epochs"
        picture = grids.image_grid(columns, row_labels=labels)
        figures.append(draft.figure(f"kth-training-image-{run.asked_dataset}", picture, caption, alt, [id]))
    return figures


def _progress(draft: Draft, album: Album, epochs: tuple[int, ...], which: int | None = None) -> list[tuple[str, list]]:
    """Return columns with one of the sampled images and its outputs after the given epochs of the report.

    Parameters
    ----------
    which
        Index among the sampled images; the middle one by default.
    """
    sampled = len(album.sampled)
    place = [album.sampled[sampled // 2 if which is None else which % sampled]]
    columns: list[tuple[str, list]] = [("input", album.inputs(place))]
    reached = draft.records[album.run.key].epochs
    for published in epochs:
        epoch = album.epoch_like(published)
        heading = f"after epoch {epoch}" + (f" (for {published})" if epoch != published else "")
        columns.append((heading, album.outputs_after(epoch, place) if epoch <= reached else ["collapsed before"]))
    return columns


def _caption(draft: Draft, id: str, number: str, shows: str, *remarks: str) -> str:
    """Return a caption that also names the dataset and says how epochs of a shorter run map to the report's."""
    run = draft.one(id)
    ours, published = run.config.epochs, draft.as_published(run).epochs
    sentences = [f"Figure {number} of the report: {shows}; here on {draft.data_of(id)}.", *remarks]
    if ours != published:
        share = "each stands for the one after the same share of the training"
        sentences.append(f"Our run has {ours} epochs, the report's {published}: {share}.")
    return " ".join(filter(None, sentences))
