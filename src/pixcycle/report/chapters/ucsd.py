"""Report 000, `Paired and Unpaired Image to Image Translation`: Tables 1 and 2, Figures 2 and 3."""

from pathlib import Path

from pixcycle.report import figures
from pixcycle.report.chapters.ucsd_claims import claims, loss_curve_run
from pixcycle.report.comparison import comparison_table, read_published
from pixcycle.report.content import Block, Claims, Figure, Section, Text
from pixcycle.report.samples import sample_grid
from pixcycle.report.values import Values
from pixcycle.report.verdicts import RULER, title_of

FIGURE_3 = ("cyc-l1", "cyc-l2", "l1", "l2", "patch16", "patch286", "noskip")

LOSSES = {
    "g": "Generator, total",
    "g_gan": "Generator, GAN term",
    "g_reconstruction": "Generator, L1 term",
    "d": "Discriminator",
}


def sections(values: Values, root: Path, out: Path) -> list[Section]:
    """The chapter's results, figures and claims, for the experiments that were run."""
    return [
        Section("ucsd-results", "Results", 2, _tables(values, root)),
        Section("ucsd-figures", "Figures", 2, _figures(values, root, out)),
        Section("ucsd-claims", "Claims", 2, [Text(RULER), Claims(claims(values))]),
    ]


def _present(values: Values, dataset: str, names: tuple[str, ...]) -> list[str]:
    return [id for name in names if (id := f"ucsd-{dataset}-{name}") in values.runs]


def _datasets(values: Values) -> list[str]:
    return list(dict.fromkeys(seeds[0].asked_dataset for seeds in values.runs.values() if seeds[0].chapter == "ucsd"))


def _on(values: Values, dataset: str, method: str) -> list[str]:
    """All experiments of this chapter on a dataset by a method, those of the user's own too."""
    return [
        id
        for id, (first, *_) in values.runs.items()
        if (first.chapter, first.asked_dataset, first.config.method) == ("ucsd", dataset, method)
    ]


def _tables(values: Values, root: Path) -> list[Block]:
    blocks: list[Block] = []
    for number, task, method, metrics, further in (
        (1, "paired translation", "pix2pix", ["precision", "recall", "fid"], ["kid", "l1", "ssim"]),
        (2, "unpaired translation", "cyclegan", ["fid"], ["kid", "precision", "recall", "l1", "ssim"]),
    ):
        published = read_published(f"ucsd-table-{number}", root)
        for dataset in _datasets(values):
            experiments = _on(values, dataset, method)
            if experiments:
                caption = f"Table {number} of the report, {task}, {title_of(values, dataset)}"
                rows = published[published["dataset"] == dataset]
                id = f"ucsd-table-{number}-{dataset}"
                blocks.append(comparison_table(id, caption, values, experiments, rows, metrics, further))
    return blocks


def _figures(values: Values, root: Path, out: Path) -> list[Block]:
    blocks: list[Block] = []
    curve = loss_curve_run(values)
    if curve:
        file = Path("figures/ucsd-figure-2.svg")
        title = (
            f"{curve}, {values.one(curve).config.n_epochs} epochs of batch size {values.one(curve).config.batch_size}"
        )
        figures.save(
            figures.loss_curves(values.history(curve), LOSSES, values.steps_per_epoch(curve), title),
            out / file,
        )
        caption = (
            f"Figure 2 of the report: loss curves of the L1 experiment, here on {title_of(values, _dataset(curve))}."
        )
        if _dataset(curve) != "maps":
            caption += " The report shows the maps run, which is not part of this selection."
        blocks.append(
            Figure("ucsd-figure-2", caption, file, "Loss against epoch, four panels", [values.one(curve).key])
        )
    for dataset in _datasets(values):
        experiments = _present(values, dataset, FIGURE_3)
        if experiments:
            blocks += _samples_of(values, dataset, experiments, root, out)
    return blocks or [Text("None of the runs that its figures show is part of this selection.")]


def _samples_of(values: Values, dataset: str, experiments: list[str], root: Path, out: Path) -> list[Figure]:
    missing = [name for name in FIGURE_3 if f"ucsd-{dataset}-{name}" not in experiments]
    not_run = f" Not run here: {', '.join(missing)}." if missing else ""
    where = title_of(values, dataset)
    image = "val/8" if dataset == "facades" else None
    single, names = sample_grid(values, experiments, root, out / f"figures/ucsd-figure-3-{dataset}.png", name=image)
    several, _ = sample_grid(values, experiments, root, out / f"figures/ucsd-samples-{dataset}.png", rows=5)
    runs = [values.one(e).key for e in experiments]
    kept = "" if dataset == "facades" else " The report shows a facade."
    return [
        Figure(
            f"ucsd-figure-3-{dataset}",
            f"Figure 3 of the report, on {where}: image {names[0]} of the test split.{kept}{not_run}",
            single.relative_to(out),
            f"Input, truth and the outputs of {len(experiments)} experiments for one image",
            runs,
        ),
        Figure(
            f"ucsd-samples-{dataset}",
            f"More of the same experiments on {where}: test images at even distances, not chosen.",
            several.relative_to(out),
            f"Input, truth and the outputs of {len(experiments)} experiments for five images",
            runs,
        ),
    ]


def _dataset(id: str) -> str:
    return id.split("-")[1]
