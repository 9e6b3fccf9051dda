"""The command line: all commands in the order of the work, and the handling of user errors."""

import sys
from collections.abc import Callable
from pathlib import Path

import typer

from pixcycle.base.disk_full import room_for
from pixcycle.base.errors import UserError, printable
from pixcycle.cli import images, jobs, params, results, study
from pixcycle.cli.flags import App, Group
from pixcycle.machine.memory import keep_freed_memory

PANELS: dict[str, dict[str, Callable[..., None] | typer.Typer]] = {
    "Before a run": {"check": params.check, "show": params.show, "plan": params.plan},
    "After a run": {"runs": results.list_runs, "compare": results.compare},
    "Your own images": {"metrics": images.metrics, "translate": images.translate, "export": images.export},
    "Human study": {"study": study.app},
    "Files and weights": {
        "verify": results.verify,
        "gc": results.gc,
        "digest": params.digest,
        "import-weights": images.import_weights,
        "schema": params.schema,
    },
    "Internal": {"job": jobs.app},
}


class InOrder(Group):
    """List commands in the order of PANELS; Typer would list groups of commands last."""

    def list_commands(self, ctx: typer.Context) -> list[str]:
        return [name for commands in PANELS.values() for name in commands]


app = App(
    cls=InOrder,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="""Reproduce five reports on pix2pix and CycleGAN, with every published number next to your own.

    `snakemake --cores all` runs everything that params.yaml describes, up to the report. The commands below show what
    it will do and what it did, and apply the trained generators. They are listed in the order of the work.
    """,
)
for panel, commands in PANELS.items():
    for name, command in commands.items():
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name, rich_help_panel=panel)
        else:
            app.command(name, rich_help_panel=panel)(command)


def main() -> None:
    """Run the command line; report a user error as one line on stderr, with exit code 2."""
    keep_freed_memory()
    try:
        with room_for(Path.cwd()):  # covers stdout and temporary files
            sys.exit(app(prog_name="pixcycle", standalone_mode=False))
    except UserError as error:
        print(f"pixcycle: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        if not error.filename:
            raise
        print(f"pixcycle: {printable(f'{error.filename}: {error.strerror}')}", file=sys.stderr)
        sys.exit(2)
    except typer.TyperException as error:  # a usage error; its message is empty if the help text was printed instead
        if message := error.format_message():
            context = getattr(error, "ctx", None)
            command_path = context.command_path if context else "pixcycle"
            print(f"pixcycle: {message.rstrip('.')} (see {command_path} --help)", file=sys.stderr)
        sys.exit(error.exit_code)
    except typer.Abort:
        sys.exit("Stopped.")
