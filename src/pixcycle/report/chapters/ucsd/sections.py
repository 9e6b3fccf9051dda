"""Report 000, `Paired and Unpaired Image to Image Translation`: Tables 1 and 2, Figures 1 to 3."""

from pixcycle.methods.registry import METHODS
from pixcycle.report.chapters.ucsd.claims import SHOWN_IN, claims, loss_curve_run
from pixcycle.report.chapters.ucsd.losses import losses_table
from pixcycle.report.content import Block, Figure, Section
from pixcycle.report.draft import Draft
from pixcycle.report.drawing import grids
from pixcycle.report.drawing.samples import sample_grid

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


def sections(draft: Draft) -> list[Section]:
    """Return the results, figures and claims of the chapter, for the experiments that were run."""
    return draft.sections("ucsd", _tables(draft), _figures(draft), claims(draft), SHOWN_IN)


def _datasets(draft: Draft) -> list[str]:
    return list(dict.fromkeys(draft.one(id).asked_dataset for id in draft.of_chapter("ucsd")))


def _on(draft: Draft, dataset: str, paired: bool) -> list[str]:
    """Return the chapter's experiments on a dataset, including the user's own, with or without paired training."""
    runs = {id: draft.one(id) for id in draft.of_chapter("ucsd")}
    on_dataset = {id: METHODS[run.config.method] for id, run in runs.items() if run.asked_dataset == dataset}
    return [id for id, method in on_dataset.items() if method.needs_pairs == paired]


def _tables(draft: Draft) -> list[Block]:
    blocks: list[Block] = []
    for number, task, paired, metrics, further in (
        (1, "paired translation", True, ["precision", "recall", "fid"], ["kid", "l1", "ssim"]),
        (2, "unpaired translation", False, ["fid"], ["kid", "precision", "recall", "l1", "ssim"]),
    ):
        published = draft.read_published(f"ucsd-table-{number}")
        for dataset in _datasets(draft):
            experiments = _on(draft, dataset, paired)
            if experiments:
                caption = f"Table {number} of the report, {task}, {draft.title_of(dataset)}"
                rows = published[published["dataset"] == dataset]
                id = f"ucsd-table-{number}-{dataset}"
                blocks.append(draft.comparison_table(id, caption, experiments, rows, metrics, further))
    if draft.present(id for id, _, _ in FCN_SCORES):
        caption = f"FCN-score of label to photo on {draft.title_of('cityscapes')}, which the report does not give"
        blocks.append(draft.fcn_table("ucsd-fcn-score", caption, FCN_SCORES))
    return blocks


def _figures(draft: Draft) -> list[Block]:
    figures = [*_figure_1(draft), *_figure_2(draft), *losses_table(draft)]
    for dataset in _datasets(draft):
        figures += [*_figure_3(draft, dataset), _samples_of(draft, dataset)]
    return figures


def _figure_1(draft: Draft) -> list[Figure]:
    """Draw ten images in a row: input, truth and output of paired runs, input and output of unpaired ones."""
    columns, groups = [], []
    for experiment, heading, paired in FIGURE_1:
        if experiment not in draft:
            continue
        album = draft.album(experiment)
        places = album.spread_out(3)
        place = [places[len(places) // 2]]
        pictures = [("input", album.inputs(place)), ("generated", album.outputs(place))]
        if paired:
            pictures.insert(1, ("ground truth", album.truths(place)))
        columns += pictures
        groups.append((f"{heading}: {draft.data_of(experiment)}", len(pictures)))
    if not columns:
        return []
    caption = "Figure 1 of the report: outputs of the L1 experiments."
    alt = "Input, truth and output of the paired runs, input and output of the unpaired ones"
    picture = grids.image_grid(columns, groups=groups)
    return [draft.figure("ucsd-figure-1", picture, caption, alt, [experiment for experiment, *_ in FIGURE_1])]


def _figure_2(draft: Draft) -> list[Figure]:
    curve = loss_curve_run(draft)
    if not curve:
        return []
    run = draft.one(curve)
    caption = f"Figure 2 of the report: loss curves of the L1 experiment, here on {draft.data_of(curve)}."
    caption += " Its scales stand beside ours in @ucsd-figure-2-losses."
    if run.asked_dataset != "maps":
        caption += " The report shows the maps run, which is not part of this selection."
    title = f"{curve}, {run.config.n_epochs} epochs of batch size {run.config.batch_size}"
    picture = draft.loss_curves(curve, LOSSES, title)
    return [draft.figure("ucsd-figure-2", picture, caption, "Loss against epoch, four panels", [curve])]


def _figure_3(draft: Draft, dataset: str) -> list[Figure]:
    """Draw one image by the experiments that the report shows, without a figure if none of them was run."""
    planned = [name for name in FIGURE_3 if f"{dataset}-{name}" in draft.plan.params.experiments["ucsd"]]
    experiments = draft.present(f"ucsd-{dataset}-{name}" for name in planned)
    if not experiments:
        return []
    missing = [name for name in planned if f"ucsd-{dataset}-{name}" not in experiments]
    not_run = f" Not run here: {', '.join(missing)}." if missing else ""
    picture, names = sample_grid(draft, experiments, name="val/8" if dataset == "facades" else None)
    kept = "" if dataset == "facades" else " The report shows a facade."
    where = draft.title_of(dataset)
    caption = f"Figure 3 of the report, on {where}: image {names[0]} of the test split.{kept}{not_run}"
    alt = f"Input, truth and the outputs of {len(experiments)} experiments for one image"
    return [draft.figure(f"ucsd-figure-3-{dataset}", picture, caption, alt, experiments)]


def _samples_of(draft: Draft, dataset: str) -> Figure:
    """Draw five images by all experiments on a dataset, the user's own included, that translate the same images.

    In the reading `coded` there are two, as a page that holds both readings would be too large to mail.
    """
    in_order = [f"ucsd-{dataset}-{name}" for name in FIGURE_3]
    there = [id for id in draft.of_chapter("ucsd") if draft.one(id).asked_dataset == dataset]
    first, *others = sorted(there, key=lambda id: in_order.index(id) if id in in_order else len(in_order))
    way, data = draft.one(first).config.direction, draft.one(first).data
    runs = {id: draft.one(id) for id in others}
    alike = [
        id for id, run in runs.items() if run.data == data and way in METHODS[run.config.method].generators(run.config)
    ]
    different = [id for id in others if id not in alike]
    rows = 5 if draft.reading == "written" else 2
    picture, _ = sample_grid(draft, [first, *alike], rows=rows)
    caption = f"All experiments on {draft.title_of(dataset)}: test images at even distances, not chosen."
    caption += f" Not shown, as their inputs are others: {', '.join(different)}." if different else ""
    alt = f"Input, truth and the outputs of {1 + len(alike)} experiments for {rows} images"
    return draft.figure(f"ucsd-samples-{dataset}", picture, caption, alt, [first, *alike])
