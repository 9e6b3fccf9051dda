"""Options that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixcycle.base.suggest import known
from pixcycle.cli import completion

if TYPE_CHECKING:  # each command imports only what it needs, to start quickly
    from pixcycle.params.schema import Params

ParamsFile = Annotated[Path, typer.Option(help="Parameter file.")]
ScaleName = Annotated[
    str | None, typer.Option(help="Scale; default: the one in the parameter file.", autocompletion=completion.scales)
]
ExperimentId = Annotated[
    str, typer.Argument(help="Id of the experiment, such as ucsd-facades-l1.", autocompletion=completion.experiments)
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the file if it exists.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


def at_scale(params: Path, scale: str | None) -> "Params":
    """Return the validated params at the given scale. Raise UserError if they have no such scale."""
    from pixcycle.params.load import load_params

    loaded = load_params(params)
    return loaded.model_copy(update={"scale": known(scale or loaded.scale, loaded.scales, "scale")})
