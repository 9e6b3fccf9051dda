"""`pixcycle job`: the commands that the workflow's jobs run, one for each kind of node."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixcycle.base.disk_full import DiskFull
from pixcycle.base.errors import UserError
from pixcycle.base.file_lock import only_one
from pixcycle.base.suggest import known
from pixcycle.cli.flags import App
from pixcycle.machine.gpu import lease, most_gpus

if TYPE_CHECKING:  # each command imports only what it needs, to start quickly
    from pixcycle.plan.runs import Plan, Run

app = App(
    no_args_is_help=True,
    help="""Commands that the workflow's jobs run, one for each kind of node.

    `snakemake ucsd-facades-l1 --dry-run --printshellcmds` prints them with all their arguments.
    """,
)

PlanFile = Annotated[Path, typer.Option("--plan", help="Plan file written by Snakemake.")]
Out = Annotated[Path, typer.Option(help="File or folder to write; it appears only when it is complete.")]
Raw = Annotated[Path, typer.Option(help="Folder of the downloaded dataset.")]
Prepared = Annotated[Path, typer.Option(help="Folder of the prepared dataset.")]
Trained = Annotated[Path, typer.Option(help="Folder of the finished run.")]
Key = Annotated[str, typer.Argument(help="Key of the run: EXPERIMENT/SEED, such as ucsd-facades-l1/0.")]
Extractor = Annotated[str, typer.Argument(help="Feature extractor, such as inception-v3.")]
Data = Annotated[str, typer.Argument(help="Name of the prepared dataset: DATASET-FINGERPRINT.")]
WeightsFile = Annotated[Path | None, typer.Option("--weights", help="Downloaded weights.")]


@app.command()
def fetch(
    dataset: Annotated[str, typer.Argument(help="Name of the dataset in params.yaml.")], plan_file: PlanFile, out: Out
) -> None:
    """Download, verify and unpack a dataset."""
    from pixcycle.data.fetch import locations
    from pixcycle.data.fetch.recorded import RECORDED
    from pixcycle.plan.runs import refuse_changed

    plan = _plan(plan_file)
    params = plan.params
    sources = params.datasets[known(dataset, params.datasets, "dataset")].sources
    check = partial(refuse_changed, plan, dataset)
    locations.fetch(dataset, sources, out, mirror=params.mirror, recorded=RECORDED, check=check)


@app.command()
def fetch_weights(
    name: Annotated[str, typer.Argument(help="Name of the weights in params.yaml.")], plan_file: PlanFile, out: Out
) -> None:
    """Download and verify published weights of a feature extractor, a metric or a generator."""
    from pixcycle.data.fetch import locations
    from pixcycle.data.fetch.recorded import RECORDED
    from pixcycle.metrics.extractors import EXTRACTORS, IMAGENET

    params = _plan(plan_file).params
    source = params.fetched_weights[known(name, params.fetched_weights, "weights")]
    alternative = f"or go without: remove weights.{name} from params.yaml"
    if name in EXTRACTORS:
        alternative = (
            "or choose the stand-in, whose values are not comparable with published ones: "
            "--config extractor=efficientnet-lite0"
        )
    elif name == IMAGENET.name:
        alternative += ", and a stand-in replaces the ruler's network"
    elif name in params.published_weights:
        alternative = f"or go without: remove the experiments with published_weights: {name} from params.yaml"
    with only_one(out):
        try:
            locations.fetch_file(name, source, out, mirror=params.mirror, recorded=RECORDED)
        except DiskFull:
            raise
        except UserError as error:
            raise UserError(*error.args[0].splitlines(), alternative) from None


@app.command()
def prepare(
    data: Data,
    plan_file: PlanFile,
    raw: Raw,
    out: Out,
    threads: Annotated[int, typer.Option(min=1, help="Number of threads that decode images.")] = 1,
) -> None:
    """Decode and resize a dataset into arrays."""
    from pixcycle.data.prepare import PrepareSpec
    from pixcycle.data.prepare import prepare as prepare_arrays
    from pixcycle.plan.runs import refuse_changed

    plan = _plan(plan_file)
    node = plan.data[known(data, plan.data, "data")]
    dataset, spec = plan.params.datasets[node.dataset], PrepareSpec(**node.spec)
    check = partial(refuse_changed, plan, node.dataset)
    prepare_arrays(node.dataset, dataset, raw, out, spec, threads, check)


@app.command()
def features(extractor: Extractor, prepared: Prepared, out: Out, weights: WeightsFile = None) -> None:
    """Compute the features of the real test images."""
    from pixcycle.evaluation.run import real_features

    with _gpus_for(out):
        real_features(extractor, weights, prepared, out)


@app.command()
def train(
    run: Key,
    plan_file: PlanFile,
    prepared: Prepared,
    out: Out,
    weights: Annotated[
        list[Path] | None,
        typer.Option(help="Downloaded weights of the generator; repeat it for the other direction's."),
    ] = None,
    gpus: Annotated[
        int | None, typer.Option(min=1, help="Maximum number of GPUs; default: those of the experiment.")
    ] = None,
) -> None:
    """Train one experiment with one seed; resume if it was interrupted."""
    from pixcycle.inference.test_split import sampler, strips
    from pixcycle.ledger.outdated import remove_outdated
    from pixcycle.machine import ranks
    from pixcycle.training.loop import train as train_run
    from pixcycle.training.watch import Watch, refuse_without_package

    plan = _plan(plan_file)
    chosen = _run(plan, run)
    e = chosen.config
    watch = None
    if plan.params.watch:
        refuse_without_package()
        watch = partial(Watch, Path(chosen.watched), strips(e, prepared))
    if ranks.started_as_one_of_many():
        return train_run(chosen, prepared, out, sampler(e, prepared, chosen.seed), weights or (), watch)
    with _gpus_for(out, most_gpus(e.batch_size, min(e.gpus, gpus or e.gpus))) as leased:
        if len(leased) > 1:
            ranks.start(len(leased), out)
        else:
            train_run(chosen, prepared, out, sampler(e, prepared, chosen.seed), weights or (), watch)
    remove_outdated(chosen, Path())


@app.command()
def train_segmenter(data: Data, plan_file: PlanFile, prepared: Prepared, out: Out) -> None:
    """Train the network behind FCN-score on the real pairs of a dataset."""
    from pixcycle.evaluation.segmenter import train_segmenter as train_on_pairs

    plan = _plan(plan_file)
    dataset = plan.params.datasets[plan.data[known(data, plan.data, "data")].dataset]
    with _gpus_for(out):
        train_on_pairs(plan.segmenter, dataset.classes, dataset.void, prepared, out, out.name.rpartition("-")[2])


@app.command()
def translate(run: Key, plan_file: PlanFile, trained: Trained, prepared: Prepared, out: Out) -> None:
    """Translate the test images with a trained generator."""
    from pixcycle.inference.test_split import translate as translate_run
    from pixcycle.ledger.agreement import refuse_disagreement

    chosen = _run(_plan(plan_file), run)
    refuse_disagreement(chosen, Path(), "train")
    with _gpus_for(out):
        translate_run(chosen, trained, prepared, out)


@app.command()
def evaluate(
    run: Key,
    plan_file: PlanFile,
    trained: Trained,
    translated: Annotated[Path, typer.Option(help="Folder of the translated test images.")],
    prepared: Prepared,
    real: Annotated[Path, typer.Option(help="Features of the real test images.")],
    out: Out,
    weights: WeightsFile = None,
    segmenter: Annotated[Path | None, typer.Option(help="Network behind FCN-score.")] = None,
    metric_weights: Annotated[list[str] | None, typer.Option(help="NAME=FILE: downloaded weights of a metric.")] = None,
) -> None:
    """Measure the translated images against the real ones."""
    from pixcycle.evaluation.run import evaluate_run
    from pixcycle.ledger.agreement import refuse_disagreement

    plan = _plan(plan_file)
    refuse_disagreement(_run(plan, run), Path(), "train", "translate")
    weight_files = {name: Path(file) for name, _, file in (pair.partition("=") for pair in metric_weights or ())}
    with only_one(out), lease():
        evaluate_run(
            _run(plan, run), plan.params, trained, translated, prepared, real, out, weights, segmenter, weight_files
        )


@app.command()
def calibrate(
    chapter: Annotated[str, typer.Argument(help="Chapter of params.yaml that has a calibration.")],
    plan_file: PlanFile,
    out: Out,
    weights: WeightsFile = None,
) -> None:
    """Try a chapter's ruler on images that its authors published."""
    from pixcycle.evaluation.calibrate import calibrate as calibrate_ruler

    plan = _plan(plan_file)
    node = plan.calibrations[known(chapter, plan.calibrations, "chapter with a calibration")]
    calibration = plan.params.chapters[chapter].calibration
    with only_one(out), lease():
        try:
            calibrate_ruler(node, calibration, weights, plan.params.mirror, out)
        except DiskFull:
            raise
        except UserError as error:
            alternative = f"or go without: remove chapters.{chapter}.calibration from params.yaml"
            raise UserError(*error.args[0].splitlines(), alternative) from None


@app.command()
def report(
    selection: Annotated[str, typer.Argument(help="all, a chapter, a dataset of a chapter, or an experiment.")],
    plan_file: PlanFile,
    out: Out,
    fingerprint: Annotated[str, typer.Option(help="Fingerprint of everything that the report is made from.")],
    root: Annotated[Path, typer.Option(help="Folder of the project.")] = Path(),
) -> None:
    """Write report.html, report.pdf, values.json, tables and figures from finished runs."""
    from pixcycle.report.build import build

    with only_one(out):
        build(_plan(plan_file), selection, root, out, fingerprint)


@contextmanager
def _gpus_for(out: Path, wanted: int = 1) -> Iterator[list[str]]:
    """Lease `wanted` GPUs; first raise UserError if another process is making `out`, rather than after the wait."""
    with only_one(out):
        pass
    with lease(wanted) as gpus:
        yield gpus


def _plan(path: Path) -> "Plan":
    from pixcycle.plan.runs import read_plan

    return read_plan(path)


def _run(plan: "Plan", key: str) -> "Run":
    return plan.runs[known(key, plan.runs, "run")]
