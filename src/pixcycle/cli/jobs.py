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
from pixcycle.machine.gpu import lease, most_cards

if TYPE_CHECKING:  # each command imports only what it needs, to start quickly
    from pixcycle.plan import Plan, Run

app = typer.Typer(
    no_args_is_help=True,
    help="""Commands that the workflow's jobs run, one for each kind of node.

    `snakemake ucsd-facades-l1 --dry-run --printshellcmds` prints them with all their arguments.
    """,
)

PlanFile = Annotated[Path, typer.Option("--plan", help="Plan file written by Snakemake.")]
Out = Annotated[Path, typer.Option(help="File or folder to write; it appears only when it is complete.")]
Folder = Annotated[Path, typer.Option()]
WeightsFile = Annotated[Path | None, typer.Option("--weights", help="Downloaded weights.")]


@app.command()
def fetch(dataset: str, plan_file: PlanFile, out: Out) -> None:
    """Download, verify and unpack a dataset."""
    from pixcycle.data.fetch import locations
    from pixcycle.data.fetch.recorded import RECORDED
    from pixcycle.plan import refuse_changed

    plan = _plan(plan_file)
    params = plan.params
    sources = params.datasets[known(dataset, params.datasets, "dataset")].sources
    check = partial(refuse_changed, plan, dataset)
    locations.fetch(dataset, sources, out, mirror=params.mirror, recorded=RECORDED, check=check)


@app.command()
def fetch_weights(name: str, plan_file: PlanFile, out: Out) -> None:
    """Download and verify published weights of a feature extractor, a metric or a generator."""
    from pixcycle.data.fetch import locations
    from pixcycle.data.fetch.recorded import RECORDED
    from pixcycle.metrics.extractors import EXTRACTORS

    params = _plan(plan_file).params
    source = params.fetched_weights[known(name, params.fetched_weights, "weights")]
    alternative = f"or go without: remove weights.{name} from params.yaml"
    if name in EXTRACTORS:
        alternative = (
            "or choose the stand-in, whose values are not comparable with published ones: "
            "--config extractor=efficientnet-lite0"
        )
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
def prepare(data: str, plan_file: PlanFile, raw: Folder, out: Out, threads: int = 1) -> None:
    """Decode and resize a dataset into arrays."""
    from pixcycle.data.prepare import PrepareSpec
    from pixcycle.data.prepare import prepare as prepare_arrays
    from pixcycle.plan import refuse_changed

    plan = _plan(plan_file)
    node = plan.data[known(data, plan.data, "data")]
    dataset, spec = plan.params.datasets[node.dataset], PrepareSpec(**node.spec)
    check = partial(refuse_changed, plan, node.dataset)
    prepare_arrays(node.dataset, dataset, raw, out, spec, threads, check)


@app.command()
def features(extractor: str, prepared: Folder, out: Out, weights: WeightsFile = None) -> None:
    """Compute the features of the real test images."""
    from pixcycle.evaluation.run import real_features

    with _card_for(out):
        real_features(extractor, weights, prepared, out)


@app.command()
def train(
    run: str,
    plan_file: PlanFile,
    prepared: Folder,
    out: Out,
    weights: WeightsFile = None,
    gpus: Annotated[
        int | None, typer.Option(min=1, help="Maximum number of GPUs; default: those of the experiment.")
    ] = None,
) -> None:
    """Train one experiment with one seed; resume if it was interrupted."""
    from pixcycle.inference.test_split import sampler
    from pixcycle.machine import ranks
    from pixcycle.training.loop import train as train_run

    chosen = _run(_plan(plan_file), run)
    e = chosen.config
    if ranks.started_as_one_of_many():
        return train_run(chosen, prepared, out, sampler(e, prepared), weights)
    with _card_for(out, most_cards(e.batch_size, min(e.gpus, gpus or e.gpus))) as cards:
        if len(cards) > 1:
            ranks.start(len(cards), out)
        else:
            train_run(chosen, prepared, out, sampler(e, prepared), weights)


@app.command()
def train_segmenter(data: str, plan_file: PlanFile, prepared: Folder, out: Out) -> None:
    """Train the network behind FCN-score on the real pairs of a dataset."""
    from pixcycle.evaluation.segmenter import train_segmenter as train_on_pairs

    plan = _plan(plan_file)
    dataset = plan.params.datasets[plan.data[known(data, plan.data, "data")].dataset]
    with _card_for(out):
        train_on_pairs(plan.segmenter, dataset.classes, dataset.void, prepared, out, out.name.rpartition("-")[2])


@app.command()
def translate(run: str, plan_file: PlanFile, trained: Folder, prepared: Folder, out: Out) -> None:
    """Translate the test images with a trained generator."""
    from pixcycle.inference.test_split import translate as translate_run

    with _card_for(out):
        translate_run(_run(_plan(plan_file), run), trained, prepared, out)


@app.command()
def evaluate(
    run: str,
    plan_file: PlanFile,
    trained: Folder,
    translated: Folder,
    prepared: Folder,
    real: Annotated[Path, typer.Option(help="Features of the real test images.")],
    out: Out,
    weights: WeightsFile = None,
    segmenter: Annotated[Path | None, typer.Option(help="Network behind FCN-score.")] = None,
    metric_weights: Annotated[list[str] | None, typer.Option(help="NAME=FILE: downloaded weights of a metric.")] = None,
) -> None:
    """Measure the translated images against the real ones."""
    from pixcycle.evaluation.run import evaluate_run

    plan = _plan(plan_file)
    weight_files = {name: Path(file) for name, _, file in (pair.partition("=") for pair in metric_weights or ())}
    with only_one(out), lease():
        evaluate_run(
            _run(plan, run), plan.params, trained, translated, prepared, real, out, weights, segmenter, weight_files
        )


@app.command()
def report(
    selection: str,
    plan_file: PlanFile,
    out: Out,
    fingerprint: Annotated[str, typer.Option(help="Fingerprint of everything that it is made from.")],
    root: Folder = Path(),
) -> None:
    """Write report.html, report.pdf, values.json, tables and figures from finished runs."""
    from pixcycle.report.build import build

    with only_one(out):
        build(_plan(plan_file), selection, root, out, fingerprint)


@contextmanager
def _card_for(out: Path, wanted: int = 1) -> Iterator[list[str]]:
    """Lease `wanted` GPUs; first raise UserError if another process is making `out`, rather than after the wait."""
    with only_one(out):
        pass
    with lease(wanted) as gpus:
        yield gpus


def _plan(path: Path) -> "Plan":
    from pixcycle.plan import read_plan

    return read_plan(path)


def _run(plan: "Plan", key: str) -> "Run":
    return plan.runs[known(key, plan.runs, "run")]
