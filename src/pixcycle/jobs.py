"""`pixcycle job`: the commands of the workflow's jobs, one for each kind of node."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixcycle.alone import only_one
from pixcycle.engine.gpu import lease, most_cards
from pixcycle.errors import UserError
from pixcycle.known import known
from pixcycle.room import DiskFull

if TYPE_CHECKING:  # each command imports what it needs, so that none waits for more
    from pixcycle.runs import Plan, Run

app = typer.Typer(
    no_args_is_help=True,
    help="""What the workflow's jobs call, one command for each kind of node.

    `snakemake ucsd-facades-l1 --dry-run --printshellcmds` prints them with all their arguments.
    """,
)

PlanFile = Annotated[Path, typer.Option("--plan", help="The plan that Snakemake wrote.")]
Out = Annotated[Path, typer.Option(help="What to make; it appears when it is whole.")]
Folder = Annotated[Path, typer.Option()]
WeightsFile = Annotated[Path | None, typer.Option("--weights", help="Fetched weights.")]


@app.command()
def fetch(dataset: str, plan_file: PlanFile, out: Out) -> None:
    """Fetch a dataset, verify it, unpack it."""
    from pixcycle.data import locations
    from pixcycle.data.record import RECORDED

    params = _plan(plan_file).params
    sources = params.datasets[known(dataset, params.datasets, "dataset")].sources
    locations.fetch(dataset, sources, out, mirror=params.mirror, recorded=RECORDED)


@app.command()
def fetch_weights(name: str, plan_file: PlanFile, out: Out) -> None:
    """Fetch published weights, of a feature extractor or of a generator, and verify them."""
    from pixcycle.data import locations
    from pixcycle.data.record import RECORDED

    params = _plan(plan_file).params
    source = params.fetched_weights[known(name, params.fetched_weights, "weights")]
    instead = (
        "or choose the stand-in, whose values are not comparable with published ones: "
        "--config extractor=efficientnet-lite0"
        if name in params.weights
        else f"or go without: remove the experiments with published_weights: {name} from params.yaml"
    )
    with only_one(out):
        try:
            locations.fetch_file(name, source, out, mirror=params.mirror, recorded=RECORDED)
        except DiskFull:
            raise
        except UserError as error:
            raise UserError(*error.args[0].splitlines(), instead) from None


@app.command()
def prepare(data: str, plan_file: PlanFile, raw: Folder, out: Out, threads: int = 1) -> None:
    """Decode and resize a dataset once, into arrays."""
    from pixcycle.data.prepare import PrepareSpec
    from pixcycle.data.prepare import prepare as prepare_arrays

    plan = _plan(plan_file)
    node = plan.data[known(data, plan.data, "data")]
    prepare_arrays(node.dataset, plan.params.datasets[node.dataset], raw, out, PrepareSpec(**node.spec), threads)


@app.command()
def features(extractor: str, prepared: Folder, out: Out, weights: WeightsFile = None) -> None:
    """Compute the features of the real test images."""
    from pixcycle.metrics.nodes import real_features

    with _card_for(out):
        real_features(extractor, weights, prepared, out)


@app.command()
def train(
    run: str,
    plan_file: PlanFile,
    prepared: Folder,
    out: Out,
    weights: WeightsFile = None,
    gpus: Annotated[int | None, typer.Option(min=1, help="At most so many cards of those it asks for.")] = None,
) -> None:
    """Train one experiment with one seed; goes on where it was interrupted."""
    from pixcycle.engine import ranks
    from pixcycle.training.loop import train as train_run

    chosen = _run(_plan(plan_file), run)
    if ranks.started_as_one_of_many():
        return train_run(chosen, prepared, out, weights)
    e = chosen.config
    with _card_for(out, most_cards(e.batch_size, min(e.gpus, gpus or e.gpus))) as cards:
        if len(cards) > 1:
            ranks.start(len(cards), out)
        else:
            train_run(chosen, prepared, out, weights)


@app.command()
def train_segmenter(data: str, plan_file: PlanFile, prepared: Folder, out: Out) -> None:
    """Train the network behind FCN-score on the real pairs of a dataset."""
    from pixcycle.metrics.segmenter import train_segmenter as train_on_pairs

    plan = _plan(plan_file)
    dataset = plan.params.datasets[plan.data[known(data, plan.data, "data")].dataset]
    with _card_for(out):
        train_on_pairs(plan.segmenter, dataset.classes, dataset.void, prepared, out, out.name.rpartition("-")[2])


@app.command()
def translate(run: str, plan_file: PlanFile, trained: Folder, prepared: Folder, out: Out) -> None:
    """Send the test images through a trained generator."""
    from pixcycle.training.translate import translate as translate_run

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
    segmenter: Annotated[Path | None, typer.Option(help="The network behind FCN-score.")] = None,
) -> None:
    """Measure the translated images against the real ones."""
    from pixcycle.metrics.nodes import evaluate_run

    plan = _plan(plan_file)
    with only_one(out), lease():
        evaluate_run(_run(plan, run), plan.params, trained, translated, prepared, real, out, weights, segmenter)


@app.command()
def report(
    selection: str,
    plan_file: PlanFile,
    out: Out,
    fingerprint: Annotated[str, typer.Option(help="The name of what it is made from.")],
    root: Folder = Path(),
) -> None:
    """Write report.html, report.pdf, values.json, tables and figures from finished runs."""
    from pixcycle.report.build import build

    with only_one(out):
        build(_plan(plan_file), selection, root, out, fingerprint)


@contextmanager
def _card_for(out: Path, wanted: int = 1) -> Iterator[list[str]]:
    """A lease of so many cards; who would be kept from `out` then by another process hears it before the wait."""
    with only_one(out):
        pass
    with lease(wanted) as cards:
        yield cards


def _plan(path: Path) -> "Plan":
    from pixcycle.runs import read_plan

    return read_plan(path)


def _run(plan: "Plan", key: str) -> "Run":
    return plan.runs[known(key, plan.runs, "run")]
