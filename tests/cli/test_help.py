"""Help texts of the command line: their examples run, and a mistake is answered in one line."""

import re
import shlex
from collections.abc import Iterator

import pytest
import typer.main

from pixcycle.cli import app as cli
from tests.support import ROOT

ALL = typer.main.get_command(cli.app)
QUICK = {"check", "show", "plan", "runs", "schema"}
"""Commands that only print something."""


@pytest.fixture(autouse=True)
def in_project_folder(monkeypatch):
    monkeypatch.chdir(ROOT)


def commands(group, path=()) -> Iterator[tuple[str, object]]:
    """Yield (words, command) for each command that people type, which excludes those of the workflow's jobs."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            if name != "job":
                yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


USER_COMMANDS = dict(commands(ALL))


def example(words) -> list[str]:
    [line] = re.findall(r"Example: pixcycle (.+)", " ".join(USER_COMMANDS[words].help.split()))
    return shlex.split(line)


@pytest.mark.parametrize("words", USER_COMMANDS)
def test_help_of_each_command_has_an_example_that_parses(words):
    name, arguments = words.split(), example(words)
    assert arguments[: len(name)] == name
    USER_COMMANDS[words].make_context(words, arguments[len(name) :])  # raises for missing, unknown or extra arguments


@pytest.mark.parametrize("job", ALL.commands["job"].commands)
def test_help_of_each_job_describes_all_arguments_and_options(job):
    context = typer.Context(ALL.commands["job"].commands[job])
    assert [p.name for p in context.command.get_params(context) if not getattr(p, "help", None)] == []


@pytest.mark.parametrize("words", sorted(QUICK))
def test_help_examples_of_read_only_commands_print_something(words, pixcycle):
    code, out, err = pixcycle(*example(words))
    assert (code, err) == (0, "")
    assert len(out) > 50


def test_help_lists_commands_in_the_order_of_the_work(pixcycle):
    _, out, _ = pixcycle("--help")
    listed = re.findall(r"(?m)^│ ([a-z-]+) ", out)
    order = ["check", "show", "plan", "runs", "compare", "metrics", "translate", "export", "study", "gc", "job"]
    assert [name for name in listed if name in order] == order
    assert not {"train", "fetch", "evaluate"} & set(listed)


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("words", [*USER_COMMANDS, ""])
def test_help_fits_the_terminal_width(words, width, pixcycle, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    _, out, _ = pixcycle(*words.split(), "--help")
    assert max(map(len, out.splitlines())) <= width
    assert "…" not in out


@pytest.mark.parametrize("words", ["", "metrics", "study", "study serve", "job", "job train"])
def test_help_prints_no_type_beside_flags(words, pixcycle):
    _, out, _ = pixcycle(*words.split(), "--help")
    assert "--help" in out and "<bool>" not in out
    assert "<path>" in out or words in ("", "study", "job")


@pytest.mark.parametrize(
    ("mistyped", "message"),
    [
        ("shw", "No such command 'shw'. Did you mean 'show'? (see pixcycle --help)"),
        ("job trian", "No such command 'trian'. Did you mean 'train'? (see pixcycle job --help)"),
        ("plan --scal demo", "No such option: --scal (Possible options: --scale) (see pixcycle plan --help)"),
        ("show", "Missing argument 'experiment' (see pixcycle show --help)"),
        ("schema now", "Got unexpected extra argument(s) (now) (see pixcycle schema --help)"),
        ("runs ucsd-facade", "unknown target 'ucsd-facade'; did you mean 'ucsd-facades'?"),
        ("runs --scale dem", "unknown scale 'dem'; did you mean 'demo'?"),
        ("runs --follow", "--follow needs a terminal: leave it out to print the list once"),
        ("runs --follow --json", "--json and --follow: give only one of them"),
        ("plan --gpu h10", "unknown GPU 'h10'; did you mean 'h100'?"),
        ("compare ucsd-facades-l3", "unknown experiment 'ucsd-facades-l3'; did you mean 'ucsd-facades-l2'?"),
    ],
)
def test_usage_error_is_one_line_with_suggestion_and_exit_code_2(mistyped, message, pixcycle):
    code, out, err = pixcycle(*mistyped.split())
    assert (code, out) == (2, "")
    assert err == f"pixcycle: {message}\n"


def test_pixcycle_without_arguments_prints_help(pixcycle):
    code, out, err = pixcycle()
    assert (code, err) == (2, "")
    assert "Before a run" in out


def test_job_suggests_the_nearest_name_for_a_misspelt_one(pixcycle, tmp_path):
    from pixcycle.params.load import load_params
    from pixcycle.plan.make import make_plan

    (tmp_path / "plan.json").write_text(make_plan(load_params()).model_dump_json())
    plan = ("--plan", tmp_path / "plan.json", "--out", tmp_path / "out")
    assert "dataset 'facade'; did you mean 'facades'" in pixcycle("job", "fetch", "facade", *plan)[2]
    assert "did you mean 'ucsd-facades-l1/0'" in pixcycle("job", "train", "ucsd-facade-l1/0", *plan, "--prepared=x")[2]
