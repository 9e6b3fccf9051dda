"""The options that commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixcycle.commands import names
from pixcycle.known import known

if TYPE_CHECKING:  # each command imports what it needs, so that none waits for more
    from pixcycle.schema import Params

ParamsFile = Annotated[Path, typer.Option(help="The params file.")]
ScaleName = Annotated[
    str | None, typer.Option(help="Instead of the scale in the params file.", autocompletion=names.scales)
]
ExperimentId = Annotated[str, typer.Argument(help="Its id, such as ucsd-facades-l1.", autocompletion=names.experiments)]
AsJson = Annotated[bool, typer.Option("--json", help="The same as JSON.")]


def at_scale(params: Path, scale: str | None) -> "Params":
    """The checked params, with that scale in the place of their own. Raises UserError for one that they do not have."""
    from pixcycle import config

    loaded = config.load(params)
    return loaded.model_copy(update={"scale": known(scale or loaded.scale, loaded.scales, "scale")})
