"""Help texts without a type beside flags: Typer 0.29 prints `<bool>` there, as if they took a value."""

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


class _FlagsWithoutType:
    def get_params(self, ctx: typer.Context) -> list[Any]:
        """Return the parameters, `--help` among them; a flag's type is replaced by nothing."""
        parameters = super().get_params(ctx)
        for parameter in parameters:
            if getattr(parameter, "is_flag", False):
                parameter.metavar = ""
        return parameters


class Command(_FlagsWithoutType, TyperCommand):
    """A command."""


class Group(_FlagsWithoutType, TyperGroup):
    """A group of commands."""


class App(typer.Typer):
    """A Typer application whose commands and groups are of these classes."""

    def __init__(self, *, cls: type[Group] = Group, **settings: Any):
        super().__init__(cls=cls, **settings)

    def command(self, name: str | None = None, *, cls: type[Command] = Command, **settings: Any) -> Any:
        return super().command(name, cls=cls, **settings)
