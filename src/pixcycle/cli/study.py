"""`pixcycle study`: a study in which people say which images look real."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixcycle.base.errors import UserError
from pixcycle.base.suggest import known
from pixcycle.cli import completion
from pixcycle.cli.flags import App
from pixcycle.cli.options import Overwrite, ParamsFile, ScaleName, at_scale
from pixcycle.paths import TARGET

if TYPE_CHECKING:  # each command imports only what it needs, to start quickly
    from pixcycle.plan.runs import Run
    from pixcycle.study.pairs import Pairs

app = App(no_args_is_help=True, help="Ask people which images look real, and evaluate their answers.")

Experiment = Annotated[
    str, typer.Option(help="Id of the experiment, such as kaist-maps.", autocompletion=completion.experiments)
]
Direction = Annotated[
    str | None,
    typer.Option(
        help="Direction of translation, a_to_b or b_to_a; default: the one in which the experiment is scored.",
        autocompletion=lambda: list(TARGET),
    ),
]
Seed = Annotated[int | None, typer.Option(help="Seed of the run; default: the first one in the parameter file.")]


@app.command()
def serve(
    experiment: Experiment,
    direction: Direction = None,
    scale: ScaleName = None,
    seed: Seed = None,
    host: Annotated[
        str, typer.Option(help="Network address to listen on: 127.0.0.1 admits this machine only, 0.0.0.0 also others.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 for any free port.")] = 8765,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Host name, other than localhost, that people may type; repeatable."),
    ] = None,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """Ask people in a browser which of two images is real; store their answers in data/studies/.

    Example: pixcycle study serve --experiment kaist-maps --direction a_to_b
    """
    from pixcycle.base.file_lock import kept
    from pixcycle.study.files import study_file
    from pixcycle.study.server import serve as serve_study
    from pixcycle.study.storage import Study

    run, direction, pairs = _shown(params, scale, experiment, seed, direction)
    with kept(Path(run.prepared)), kept(Path(run.translated)):  # `pixcycle gc` removes nothing that is shown
        serve_study(Study(study_file(run, direction, Path()), len(pairs)), pairs, host, port, allow_host or [])


@app.command()
def result(
    experiment: Experiment,
    direction: Direction = None,
    scale: ScaleName = None,
    seed: Seed = None,
    csv: Annotated[Path | None, typer.Option(help="Write all answers to this CSV file.")] = None,
    overwrite: Overwrite = False,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """Print the percentage of generated images that were labelled real, with its 95% interval.

    Example: pixcycle study result --experiment kaist-maps --direction a_to_b --csv answers.csv
    """
    from pixcycle.base.terminal import show
    from pixcycle.study.export import as_table, write_csv
    from pixcycle.study.files import study_file
    from pixcycle.study.result import result as summarize
    from pixcycle.study.storage import read_answers

    run, direction, pairs = _shown(params, scale, experiment, seed, direction)
    file = study_file(run, direction, Path())
    if not file.exists():
        options = ["--experiment", run.id, "--direction", direction]
        options += ["--scale", scale] if scale else []
        options += ["--seed", str(seed)] if seed is not None else []
        options += ["--params", str(params)] if params != Path("params.yaml") else []
        command = shlex.join(["pixcycle", "study", "serve", *options])
        raise UserError(f"{run.key} {direction}: no study yet; start it: {command}")
    answers = read_answers(file)
    show([as_table(summarize(answers))])
    if csv:
        write_csv(answers, pairs.names, csv, overwrite)
        print(f"{csv}: {len(answers)} answers")


def _shown(
    params: Path, scale: str | None, experiment: str, seed: int | None, direction: str | None
) -> tuple["Run", str, "Pairs"]:
    """Return the run and the direction to show, and their images."""
    from pixcycle.plan.runs import make_plan
    from pixcycle.study.pairs import Pairs

    plan = make_plan(at_scale(params, scale))
    experiments = plan.experiments
    runs = experiments[known(experiment, experiments, f"experiment of scale {plan.params.scale}")]
    seeds = {str(run.seed): run for run in runs}
    run = seeds[known(str(plan.params.seeds[0] if seed is None else seed), seeds, "seed")]
    direction = known(direction or run.config.direction, TARGET, "direction")
    return run, direction, Pairs(run, direction, Path(), plan.params.scale)
