"""The command line: its commands in the order of the work, and how it answers mistakes."""

import sys
from collections.abc import Callable
from pathlib import Path

import typer
from typer.core import TyperGroup

from pixcycle import jobs
from pixcycle.commands import images, params, results
from pixcycle.engine.memory import keep_freed_memory
from pixcycle.errors import UserError, printable
from pixcycle.room import room_for
from pixcycle.study import command as study

PANELS: dict[str, dict[str, Callable[..., None] | typer.Typer]] = {
    "Before: what would run": {"check": params.check, "show": params.show, "plan": params.plan},
    "After: what ran": {"runs": results.list_runs, "compare": results.compare},
    "Images of your own": {"metrics": images.metrics, "translate": images.translate, "export": images.export},
    "People, asked what looks real": {"study": study.app},
    "Files and weights": {
        "gc": results.gc,
        "digest": params.digest,
        "import-weights": images.import_weights,
        "schema": params.schema,
    },
    "Behind the scenes": {"job": jobs.app},
}


class InOrder(TyperGroup):
    """Typer lists groups of commands after all commands."""

    def list_commands(self, ctx: typer.Context) -> list[str]:
        return [name for commands in PANELS.values() for name in commands]


app = typer.Typer(
    cls=InOrder,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="""Five reports on pix2pix and CycleGAN, run again: every published number beside your own.

    `snakemake --cores all` runs what params.yaml describes, up to the report. These commands tell what it would do and
    what it did, and put what was trained to use; they stand in the order of the work.
    """,
)
for panel, commands in PANELS.items():
    for name, command in commands.items():
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name, rich_help_panel=panel)
        else:
            app.command(name, rich_help_panel=panel)(command)


def main() -> None:
    """Entry point: a mistake of the user is a line on stderr and exit code 2."""
    keep_freed_memory()
    try:
        with room_for(Path.cwd()):  # for what is printed, and for temporary files
            sys.exit(app(prog_name="pixcycle", standalone_mode=False))
    except UserError as error:
        print(f"pixcycle: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        if not error.filename:
            raise
        print(f"pixcycle: {printable(f'{error.filename}: {error.strerror}')}", file=sys.stderr)
        sys.exit(2)
    except typer.TyperException as error:  # wrong usage; without a message, help was printed instead
        if message := error.format_message():
            context = getattr(error, "ctx", None)
            where = context.command_path if context else "pixcycle"
            print(f"pixcycle: {message.rstrip('.')} (see {where} --help)", file=sys.stderr)
        sys.exit(error.exit_code)
    except typer.Abort:
        sys.exit("Stopped.")
