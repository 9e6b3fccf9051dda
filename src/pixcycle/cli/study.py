"""`pixcycle study`: a study in which people say which images look real."""

import shlex
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pixcycle.base.errors import UserError
from pixcycle.base.suggest import known
from pixcycle.cli import completion
from pixcycle.cli.flags import App
from pixcycle.cli.options import Overwrite, ParamsFile, ScaleName, at_scale
from pixcycle.paths import TARGET

if TYPE_CHECKING:  # each command imports only what it needs, to start quickly
    from pixcycle.plan.runs import Plan, Run
    from pixcycle.study.protocol import Pairing

app = App(no_args_is_help=True, help="Ask people which images look real, and evaluate their answers.")

Experiment = Annotated[
    str, typer.Option(help="Id of the experiment, such as kaist-maps.", autocompletion=completion.experiments)
]
Experiments = Annotated[
    list[str],
    typer.Option(
        help="Id of the experiment, such as kaist-maps; repeat it to compare methods, each by people of its own.",
        autocompletion=completion.experiments,
    ),
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
    experiment: Experiments,
    direction: Direction = None,
    scale: ScaleName = None,
    seed: Seed = None,
    pairing: Annotated[
        Literal["same_input", "other_input"] | None,
        typer.Option(help="Input of the real image beside a generated one; default: the experiment's study_pairing."),
    ] = None,
    no_checks: Annotated[
        bool, typer.Option("--no-checks", help="Leave out the attention checks, which the published studies lack.")
    ] = False,
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

    With several experiments each participant sees the images of one of them, in turn, so that all get equally many.

    Example: pixcycle study serve --experiment kaist-maps --direction a_to_b
    """
    from pixcycle.base.file_lock import kept
    from pixcycle.plan.make import make_plan
    from pixcycle.study.files import study_file
    from pixcycle.study.pairs import Pairs
    from pixcycle.study.protocol import CHECKS, Protocol
    from pixcycle.study.server import serve as serve_studies
    from pixcycle.study.storage import Study

    plan = make_plan(at_scale(params, scale))
    shown = [_shown(plan, id, seed, direction) for id in dict.fromkeys(experiment)]
    protocol = Protocol(pairing or _pairing([run for run, _ in shown]), 0 if no_checks else CHECKS)
    images = [Pairs(run, way, Path(), plan.params.scale) for run, way in shown]
    with ExitStack() as stack:
        for path in dict.fromkeys(Path(folder) for run, _ in shown for folder in (run.prepared, run.translated)):
            stack.enter_context(kept(path))  # `pixcycle gc` removes nothing that is shown
        studies = {
            Study(study_file(run, way, Path()), len(pairs), protocol=protocol): pairs
            for (run, way), pairs in zip(shown, images, strict=True)
        }
        serve_studies(studies, host, port, allow_host or [])


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
    from pixcycle.plan.make import make_plan
    from pixcycle.study.export import as_table, write_csv
    from pixcycle.study.files import study_file
    from pixcycle.study.pairs import Pairs
    from pixcycle.study.result import result as summarize
    from pixcycle.study.storage import read_answers, read_protocol

    plan = make_plan(at_scale(params, scale))
    run, direction = _shown(plan, experiment, seed, direction)
    pairs = Pairs(run, direction, Path(), plan.params.scale)
    file = study_file(run, direction, Path())
    if not file.exists():
        options = ["--experiment", run.id, "--direction", direction]
        options += ["--scale", scale] if scale else []
        options += ["--seed", str(seed)] if seed is not None else []
        options += ["--params", str(params)] if params != Path("params.yaml") else []
        command = shlex.join(["pixcycle", "study", "serve", *options])
        raise UserError(f"{run.key} {direction}: no study yet; start it: {command}")
    answers = read_answers(file)
    show([as_table(summarize(answers), read_protocol(file))])
    if csv:
        write_csv(answers, pairs.names, csv, overwrite)
        print(f"{csv}: {len(answers)} answers")


def _shown(plan: "Plan", experiment: str, seed: int | None, direction: str | None) -> tuple["Run", str]:
    """Return the run and the direction to show."""
    experiments = plan.experiments
    runs = experiments[known(experiment, experiments, f"experiment of scale {plan.params.scale}")]
    seeds = {str(run.seed): run for run in runs}
    run = seeds[known(str(plan.params.seeds[0] if seed is None else seed), seeds, "seed")]
    return run, known(direction or run.config.direction, TARGET, "direction")


def _pairing(runs: list["Run"]) -> "Pairing":
    """Return the pairing that all experiments have."""
    pairings = {run.config.study_pairing: run.id for run in runs}
    if len(pairings) > 1:
        named = ", ".join(f"{pairing} of {id}" for pairing, id in pairings.items())
        raise UserError(f"study serve: the experiments differ in study_pairing ({named}); choose one with --pairing")
    return next(iter(pairings))
