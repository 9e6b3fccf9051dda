"""`pixcycle study`: people say which images they take for real."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixcycle.commands import names
from pixcycle.commands.options import ParamsFile, ScaleName, at_scale
from pixcycle.errors import UserError
from pixcycle.known import known
from pixcycle.translations import TARGET

if TYPE_CHECKING:  # each command imports what it needs, so that none waits for more
    from pixcycle.runs import Run
    from pixcycle.study.pairs import Pairs

app = typer.Typer(no_args_is_help=True, help="Ask people which images they take for real, and count what they say.")

Experiment = Annotated[str, typer.Option(help="Its id, such as kaist-maps.", autocompletion=names.experiments)]
Direction = Annotated[
    str | None,
    typer.Option(help="a_to_b or b_to_a; without it, the scored one.", autocompletion=lambda: list(TARGET)),
]
Seed = Annotated[int | None, typer.Option(help="Instead of the first seed in the params file.")]


@app.command()
def serve(
    experiment: Experiment,
    direction: Direction = None,
    scale: ScaleName = None,
    seed: Seed = None,
    host: Annotated[str, typer.Option(help="0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8765,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """Serve the study of a finished experiment to any number of browsers; answers are kept in data/studies/.

    Example: pixcycle study serve --experiment kaist-maps --direction a_to_b
    """
    from pixcycle.study.files import study_file
    from pixcycle.study.server import serve as serve_study
    from pixcycle.study.storage import Study

    run, direction, pairs = _shown(params, scale, experiment, seed, direction)
    serve_study(Study(study_file(run, direction, Path()), len(pairs)), pairs, host, port)


@app.command()
def result(
    experiment: Experiment,
    direction: Direction = None,
    scale: ScaleName = None,
    seed: Seed = None,
    csv: Annotated[Path | None, typer.Option(help="Write every answer to this file.")] = None,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """Print the percentage of generated images that were labelled real, with its 95% interval.

    Example: pixcycle study result --experiment kaist-maps --direction a_to_b --csv answers.csv
    """
    from pixcycle.study.export import as_table, write_csv
    from pixcycle.study.files import study_file
    from pixcycle.study.result import result as found
    from pixcycle.study.storage import read_answers
    from pixcycle.terminal import show

    run, direction, pairs = _shown(params, scale, experiment, seed, direction)
    file = study_file(run, direction, Path())
    if not file.exists():
        raise UserError(f"{run.key} {direction}: nobody was asked yet; pixcycle study serve --experiment {run.id}")
    answers = read_answers(file)
    show([as_table(found(answers))])
    if csv:
        write_csv(answers, pairs.names, csv)
        print(f"{csv}: {len(answers)} answers")


def _shown(
    params: Path, scale: str | None, experiment: str, seed: int | None, direction: str | None
) -> tuple["Run", str, "Pairs"]:
    """The run and the direction that are meant, and their images."""
    from pixcycle import runs
    from pixcycle.study.pairs import Pairs

    plan = runs.plan(at_scale(params, scale))
    experiments = plan.experiments
    found = experiments[known(experiment, experiments, f"experiment of scale {plan.params.scale}")]
    seeds = {str(run.seed): run for run in found}
    run = seeds[known(str(plan.params.seeds[0] if seed is None else seed), seeds, "seed")]
    direction = known(direction or run.config.direction, TARGET, "direction")
    return run, direction, Pairs(run, direction, Path())
