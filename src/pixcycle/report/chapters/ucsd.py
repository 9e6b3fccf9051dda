"""Report 000, `Paired and Unpaired Image to Image Translation`: Tables 1 and 2, Figures 2 and 3, six claims."""

from pathlib import Path

from scipy.stats import spearmanr

from pixcycle.report import figures
from pixcycle.report.comparison import comparison_table, read_published
from pixcycle.report.content import Block, Claim, Claims, Figure, Section, Text
from pixcycle.report.samples import sample_grid
from pixcycle.report.values import Values
from pixcycle.report.verdicts import Order, compare, evidence, verdict

PAIRED = ("l1", "l2", "l1l2", "patch16", "patch286", "noskip")
UNPAIRED = ("cyc-l1", "cyc-l2", "cyc-l1l2")
FIGURE_3 = ("cyc-l1", "cyc-l2", "l1", "l2", "patch16", "patch286", "noskip")
DATASETS = ("facades", "maps", "horse2zebra")
"""Those of its claims. Tables and figures show every dataset that was run."""

LOSSES = {
    "g": "Generator, total",
    "g_gan": "Generator, GAN term",
    "g_reconstruction": "Generator, L1 term",
    "d": "Discriminator",
}
TREND = 0.8
"""Rank correlation of a loss with the epoch from which on we call it a trend (below -0.8: it falls)."""


def sections(values: Values, root: Path, out: Path) -> list[Section]:
    """The chapter's results, figures and claims, for the experiments that were run."""
    return [
        Section("ucsd-results", "Results", 2, _tables(values, root)),
        Section("ucsd-figures", "Figures", 2, _figures(values, root, out)),
        Section("ucsd-claims", "Claims", 2, [Claims(claims(values))]),
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


def _title(values: Values, dataset: str) -> str:
    """`maps`, or `maps (earth in its place)`."""
    stand_in = values.stand_ins.get(dataset)
    return f"{dataset} ({stand_in} in its place)" if stand_in else dataset


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
                caption = f"Table {number} of the report, {task}, {_title(values, dataset)}"
                rows = published[published["dataset"] == dataset]
                id = f"ucsd-table-{number}-{dataset}"
                blocks.append(comparison_table(id, caption, values, experiments, rows, metrics, further))
    return blocks


def _figures(values: Values, root: Path, out: Path) -> list[Block]:
    blocks: list[Block] = []
    curve = _figure_2_run(values)
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
            f"Figure 2 of the report: loss curves of the L1 experiment, here on {_title(values, _dataset(curve))}."
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
    where = _title(values, dataset)
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


def _figure_2_run(values: Values) -> str | None:
    candidates = (f"ucsd-{dataset}-l1" for dataset in ("maps", "facades"))
    return next((id for id in candidates if id in values.runs), None)


def _dataset(id: str) -> str:
    return id.split("-")[1]


def claims(values: Values) -> list[Claim]:
    """Claims a to f of report 000, judged on the datasets that were run (FID of whatever extractor was used)."""
    return [
        _fid_claim(values, "a", "Without skip connections the FID is the worst on every dataset.", _no_skip),
        _fid_claim(values, "b", "L1 has the best FID on every paired dataset.", _l1_paired),
        _fid_claim(values, "c", "L1 has the best FID on every unpaired dataset.", _l1_unpaired),
        _fid_claim(
            values,
            "d",
            "Patch 16 has a better FID than patch 286. (The report's own Table 1 disagrees on maps.)",
            lambda v, dataset: _against(v, dataset, "patch16", ("patch286",)),
        ),
        _fid_claim(
            values,
            "e",
            "Paired training beats unpaired training on the datasets that both use.",
            lambda v, dataset: _against(v, dataset, "l1", UNPAIRED),
        ),
        _trend_claim(values),
    ]


def _no_skip(values: Values, dataset: str):
    others = _present(values, dataset, PAIRED[:-1])
    worst = _present(values, dataset, ("noskip",))
    orders = [compare(values, other, worst[0], "fid") for other in others] if worst else []
    return orders, [*worst, *others]


def _l1_paired(values: Values, dataset: str):
    return _against(values, dataset, "l1", PAIRED[1:])


def _l1_unpaired(values: Values, dataset: str):
    return _against(values, dataset, "cyc-l1", UNPAIRED[1:])


def _against(values: Values, dataset: str, champion: str, rivals: tuple[str, ...]) -> tuple[list[Order], list[str]]:
    """The champion's FID compared with each rival that was run, and whose numbers those are."""
    best, others = _present(values, dataset, (champion,)), _present(values, dataset, rivals)
    return ([compare(values, best[0], other, "fid") for other in others] if best else []), [*best, *others]


def _fid_claim(values: Values, letter: str, text: str, judge) -> Claim:
    orders, told, missing = [], [], []
    for dataset in DATASETS:
        found, experiments = judge(values, dataset)
        orders += found
        if found:
            told.append(f"{_title(values, dataset)}: FID {evidence(values, experiments, 'fid')}")
        else:
            missing.append(dataset)
    if told and missing:
        told.append(f"not judged: {', '.join(missing)}")
    return Claim(
        f"ucsd-claim-{letter}",
        text,
        verdict(orders),
        ". ".join(told) or "Its runs are not part of this report.",
    )


def _trend_claim(values: Values) -> Claim:
    id, text = (
        "ucsd-claim-f",
        "The L1 term falls over the epochs, while the GAN losses of G and D follow no pattern.",
    )
    run = _figure_2_run(values)
    if run is None:
        return Claim(id, text, "not run", "Its run is not part of this report.")
    epochs = values.history(run).groupby("epoch").mean()
    trend = {
        term: float(spearmanr(epochs.index, epochs[term]).statistic) for term in ("g_reconstruction", "g_gan", "d")
    }
    falls = trend["g_reconstruction"] <= -TREND
    patternless = all(abs(trend[term]) < TREND for term in ("g_gan", "d"))
    told = (
        f"{run}: rank correlation of the epoch means with the epoch: L1 {trend['g_reconstruction']:+.2f}, "
        f"G's GAN loss {trend['g_gan']:+.2f}, D's loss {trend['d']:+.2f}; beyond ±{TREND} counts as a trend"
    )
    return Claim(id, text, "holds" if falls and patternless else "does not hold", told)
