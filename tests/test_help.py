"""What the command line says of itself: examples that can be typed, and one line for each mistake."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from pixcycle import cli

ROOT = Path(__file__).parents[1]
ALL = typer.main.get_command(cli.app)
QUICK = {"check", "show", "plan", "runs", "schema"}
"""Commands that only tell something."""


@pytest.fixture(autouse=True)
def in_the_project_s_folder(monkeypatch):
    monkeypatch.chdir(ROOT)


def commands(group, path=()) -> Iterator[tuple[str, object]]:
    """(its words, the command) for each that people type; those of the workflow's jobs are its own."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            if name != "job":
                yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


PEOPLE_S = dict(commands(ALL))


def example(words) -> list[str]:
    [line] = re.findall(r"Example: pixcycle (.+)", " ".join(PEOPLE_S[words].help.split()))
    return shlex.split(line)


@pytest.mark.parametrize("words", PEOPLE_S)
def test_each_command_has_an_example_that_is_understood(words):
    name, arguments = words.split(), example(words)
    assert arguments[: len(name)] == name
    PEOPLE_S[words].make_context(words, arguments[len(name) :])  # raises for what is missing, unknown or too much


@pytest.mark.parametrize("words", sorted(QUICK))
def test_examples_of_commands_that_only_tell_something_tell_it(words, pixcycle):
    code, out, err = pixcycle(*example(words))
    assert (code, err) == (0, "")
    assert len(out) > 50


def test_help_tells_the_commands_in_the_order_of_the_work(pixcycle):
    _, out, _ = pixcycle("--help")
    told = re.findall(r"(?m)^│ ([a-z-]+) ", out)
    story = ["check", "show", "plan", "runs", "compare", "metrics", "translate", "export", "study", "gc", "job"]
    assert [name for name in told if name in story] == story
    assert not {"train", "fetch", "evaluate"} & set(told)


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("words", [*PEOPLE_S, ""])
def test_help_is_whole_in_a_terminal_s_width(words, width, pixcycle, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    _, out, _ = pixcycle(*words.split(), "--help")
    assert max(map(len, out.splitlines())) <= width
    assert "…" not in out


@pytest.mark.parametrize(
    ("mistyped", "said"),
    [
        ("shw", "No such command 'shw'. Did you mean 'show'? (see pixcycle --help)"),
        ("job trian", "No such command 'trian'. Did you mean 'train'? (see pixcycle job --help)"),
        ("plan --scal demo", "No such option: --scal (Possible options: --card, --scale) (see pixcycle plan --help)"),
        ("show", "Missing argument 'experiment' (see pixcycle show --help)"),
        ("schema now", "Got unexpected extra argument(s) (now) (see pixcycle schema --help)"),
        ("runs ucsd-facade", "unknown target 'ucsd-facade'; did you mean 'ucsd-facades'?"),
        ("runs --scale dem", "unknown scale 'dem'; did you mean 'demo'?"),
        ("plan --card h10", "unknown card 'h10'; did you mean 'h100'?"),
        ("compare ucsd-facades-l3", "unknown experiment 'ucsd-facades-l3'; did you mean 'ucsd-facades-l2'?"),
    ],
)
def test_a_mistake_is_one_line_that_names_what_is_nearest_and_exit_code_2(mistyped, said, pixcycle):
    code, out, err = pixcycle(*mistyped.split())
    assert (code, out) == (2, "")
    assert err == f"pixcycle: {said}\n"


def test_a_command_alone_shows_what_there_is(pixcycle):
    code, out, err = pixcycle()
    assert (code, err) == (2, "")
    assert "Before: what would run" in out


def test_a_job_s_misspelt_dataset_is_answered_with_the_nearest(pixcycle, tmp_path):
    from pixcycle import config, runs

    (tmp_path / "plan.json").write_text(runs.plan(config.load()).model_dump_json())
    plan = ("--plan", tmp_path / "plan.json", "--out", tmp_path / "out")
    assert (
        pixcycle("job", "fetch", "facade", *plan)[2] == "pixcycle: unknown dataset 'facade'; did you mean 'facades'?\n"
    )
    assert "did you mean 'ucsd-facades-l1/0'" in pixcycle("job", "train", "ucsd-facade-l1/0", *plan, "--prepared=x")[2]
