"""`pixcycle study`: a study in which people say which images look real."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixcycle.base.errors import UserError
from pixcycle.base.suggest import known
from pixcycle.cli import completion
from pixcycle.cli.options import Overwrite, ParamsFile, ScaleName, at_scale
from pixcycle.paths import TARGET

if TYPE_CHECKING:  # each command imports only what it needs, to start quickly
    from pixcycle.plan import Run
    from pixcycle.study.pairs import Pairs

app = typer.Typer(no_args_is_help=True, help="Ask people which images look real, and evaluate their answers.")

Experiment = Annotated[
    str, typer.Option(help="Id of the experiment, such as kaist-maps.", autocompletion=completion.experiments)
]
Direction = Annotated[
    str | None,
    typer.Option(help="a_to_b or b_to_a; default: the scored direction.", autocompletion=lambda: list(TARGET)),
]
Seed = Annotated[int | None, typer.Option(help="Seed; default: the first one in the parameter file.")]


@app.command()
def serve(
    experiment: Experiment,
    direction: Direction = None,
    scale: ScaleName = None,
    seed: Seed = None,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 admits other machines.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")] = 8765,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """Serve a study of a finished experiment to any number of browsers; answers are stored in data/studies/.

    Example: pixcycle study serve --experiment kaist-maps --direction a_to_b
    """
    from pixcycle.base.file_lock import kept
    from pixcycle.study.files import study_file
    from pixcycle.study.server import serve as serve_study
    from pixcycle.study.storage import Study

    run, direction, pairs = _shown(params, scale, experiment, seed, direction)
    with kept(Path(run.prepared)), kept(Path(run.translated)):  # `pixcycle gc` removes nothing that is shown
        serve_study(Study(study_file(run, direction, Path()), len(pairs)), pairs, host, port)


@app.command()
def result(
    experiment: Experiment,
    direction: Direction = None,
    scale: ScaleName = None,
    seed: Seed = None,
    csv: Annotated[Path | None, typer.Option(help="CSV file to which all answers are written.")] = None,
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
        raise UserError(f"{run.key} {direction}: no study yet; start it: pixcycle study serve --experiment {run.id}")
    answers = read_answers(file)
    show([as_table(summarize(answers))])
    if csv:
        write_csv(answers, pairs.names, csv, overwrite)
        print(f"{csv}: {len(answers)} answers")


def _shown(
    params: Path, scale: str | None, experiment: str, seed: int | None, direction: str | None
) -> tuple["Run", str, "Pairs"]:
    """Return the run and the direction to show, and their images."""
    from pixcycle.plan import make_plan
    from pixcycle.study.pairs import Pairs

    plan = make_plan(at_scale(params, scale))
    experiments = plan.experiments
    runs = experiments[known(experiment, experiments, f"experiment of scale {plan.params.scale}")]
    seeds = {str(run.seed): run for run in runs}
    run = seeds[known(str(plan.params.seeds[0] if seed is None else seed), seeds, "seed")]
    direction = known(direction or run.config.direction, TARGET, "direction")
    return run, direction, Pairs(run, direction, Path())
