"""Report 000, `Paired and Unpaired Image to Image Translation`: Tables 1 and 2, Figures 1 to 3."""

from pathlib import Path

from pixcycle.methods.registry import METHODS
from pixcycle.report.chapter_sections import parts
from pixcycle.report.chapters.ucsd.claims import SHOWN_IN, claims, loss_curve_run
from pixcycle.report.content import Block, Figure, Section
from pixcycle.report.drawing import curves, grids
from pixcycle.report.drawing.samples import Album, sample_grid
from pixcycle.report.publish import publish
from pixcycle.report.published import comparison_table, read_published
from pixcycle.report.quality import fcn_table
from pixcycle.report.values import Values
from pixcycle.report.verdicts import title_of

FIGURE_1 = [
    ("ucsd-maps-l1", "paired", True),
    ("ucsd-cityscapes-l1", "paired", True),
    ("ucsd-facades-cyc-l1", "unpaired", False),
    ("ucsd-horse2zebra-cyc-l1", "unpaired", False),
]
FIGURE_3 = ("cyc-l1", "cyc-l2", "l1", "l2", "patch16", "patch286", "noskip")

FCN_SCORES = [
    ("ucsd-cityscapes-l1", "b_to_a", ("pix2pix paper", "labels to photo", "L1+cGAN")),
    ("ucsd-cityscapes-l2", "b_to_a", None),
    ("ucsd-cityscapes-l1l2", "b_to_a", None),
    ("ucsd-cityscapes-patch16", "b_to_a", ("pix2pix paper", "labels to photo", "Patch 16")),
    ("ucsd-cityscapes-patch286", "b_to_a", ("pix2pix paper", "labels to photo", "Patch 286")),
    ("ucsd-cityscapes-noskip", "b_to_a", None),
]

LOSSES = {
    "g": "Generator, total",
    "g_gan": "Generator, GAN term",
    "g_reconstruction": "Generator, L1 term",
    "d": "Discriminator",
}


def sections(values: Values, out: Path) -> list[Section]:
    """Return the results, figures and claims of the chapter, for the experiments that were run."""
    return parts("ucsd", _tables(values), _figures(values, out), claims(values), SHOWN_IN)


def _present(values: Values, dataset: str, names: tuple[str, ...]) -> list[str]:
    return [id for name in names if (id := f"ucsd-{dataset}-{name}") in values.runs]


def _datasets(values: Values) -> list[str]:
    return list(dict.fromkeys(values.one(id).asked_dataset for id in values.of_chapter("ucsd")))


def _on(values: Values, dataset: str, paired: bool) -> list[str]:
    """Return the chapter's experiments on a dataset, including the user's own, with or without paired training."""
    runs = {id: values.one(id) for id in values.of_chapter("ucsd")}
    on_dataset = {id: METHODS[run.config.method] for id, run in runs.items() if run.asked_dataset == dataset}
    return [id for id, method in on_dataset.items() if method.needs_pairs == paired]


def _tables(values: Values) -> list[Block]:
    blocks: list[Block] = []
    for number, task, paired, metrics, further in (
        (1, "paired translation", True, ["precision", "recall", "fid"], ["kid", "l1", "ssim"]),
        (2, "unpaired translation", False, ["fid"], ["kid", "precision", "recall", "l1", "ssim"]),
    ):
        published = read_published(f"ucsd-table-{number}", values.root)
        for dataset in _datasets(values):
            experiments = _on(values, dataset, paired)
            if experiments:
                caption = f"Table {number} of the report, {task}, {title_of(values, dataset)}"
                rows = published[published["dataset"] == dataset]
                id = f"ucsd-table-{number}-{dataset}"
                blocks.append(comparison_table(id, caption, values, experiments, rows, metrics, further))
    if any(id in values for id, _, _ in FCN_SCORES):
        caption = f"FCN-score of label to photo on {title_of(values, 'cityscapes')}, which the report does not give"
        blocks.append(fcn_table("ucsd-fcn-score", caption, values, FCN_SCORES))
    return blocks


def _figures(values: Values, out: Path) -> list[Block]:
    blocks: list[Block] = [*_figure_1(values, out), *_figure_2(values, out)]
    for dataset in _datasets(values):
        experiments = _present(values, dataset, FIGURE_3)
        if experiments:
            blocks += _samples_of(values, dataset, experiments, out)
    return blocks


def _figure_1(values: Values, out: Path) -> list[Figure]:
    """Draw ten images in a row: input, truth and output of paired runs, input and output of unpaired ones."""
    columns, groups, present = [], [], []
    for experiment, heading, paired in FIGURE_1:
        if experiment not in values:
            continue
        album = Album(values, experiment)
        places = album.spread_out(3)
        place = [places[len(places) // 2]]
        pictures = [("input", album.inputs(place)), ("generated", album.outputs(place))]
        if paired:
            pictures.insert(1, ("ground truth", album.truths(place)))
        columns += pictures
        groups.append((f"{heading}: {title_of(values, values.one(experiment).asked_dataset)}", len(pictures)))
        present.append(experiment)
    if not present:
        return []
    missing = [experiment for experiment, _, _ in FIGURE_1 if experiment not in present]
    caption = "Figure 1 of the report: outputs of the L1 experiments." + (
        f" Not run here: {', '.join(missing)}." if missing else ""
    )
    alt = "Input, truth and output of the paired runs, input and output of the unpaired ones"
    picture = grids.image_grid(columns, groups=groups)
    return [publish(picture, "ucsd-figure-1", caption, alt, values, present, out)]


def _figure_2(values: Values, out: Path) -> list[Figure]:
    curve = loss_curve_run(values)
    if not curve:
        return []
    run = values.one(curve)
    caption = (
        f"Figure 2 of the report: loss curves of the L1 experiment, here on {title_of(values, run.asked_dataset)}."
    )
    if run.asked_dataset != "maps":
        caption += " The report shows the maps run, which is not part of this selection."
    title = f"{curve}, {run.config.n_epochs} epochs of batch size {run.config.batch_size}"
    history = values.history(curve)
    caption = curves.captioned(caption, history)
    picture = curves.loss_curves(history, LOSSES, values.steps_per_epoch(curve), title)
    return [publish(picture, "ucsd-figure-2", caption, "Loss against epoch, four panels", values, [curve], out, "svg")]


def _samples_of(values: Values, dataset: str, experiments: list[str], out: Path) -> list[Figure]:
    planned = [name for name in FIGURE_3 if f"{dataset}-{name}" in values.plan.params.experiments["ucsd"]]
    missing = [name for name in planned if f"ucsd-{dataset}-{name}" not in experiments]
    not_run = f" Not run here: {', '.join(missing)}." if missing else ""
    where = title_of(values, dataset)
    single, names = sample_grid(values, experiments, name="val/8" if dataset == "facades" else None)
    several, _ = sample_grid(values, experiments, rows=5)
    kept = "" if dataset == "facades" else " The report shows a facade."
    outputs = f"Input, truth and the outputs of {len(experiments)} experiments"
    return [
        publish(
            single,
            f"ucsd-figure-3-{dataset}",
            f"Figure 3 of the report, on {where}: image {names[0]} of the test split.{kept}{not_run}",
            f"{outputs} for one image",
            values,
            experiments,
            out,
        ),
        publish(
            several,
            f"ucsd-samples-{dataset}",
            f"More of the same experiments on {where}: test images at even distances, not chosen.",
            f"{outputs} for five images",
            values,
            experiments,
            out,
        ),
    ]
