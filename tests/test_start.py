"""What commands that only tell something import: nothing that takes long. Counted, not timed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.imports import CHECKS, COMPUTES

ROOT = Path(__file__).parents[1]


def imported(*arguments):
    """Top-level modules that are there when the command has ended."""
    program = (
        "import sys; from pixcycle.cli import main; sys.argv[0] = 'pixcycle'\n"
        "try: main()\n"
        "except SystemExit as stop: assert not stop.code, stop.code\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return set(run.stderr.split())


@pytest.mark.parametrize("command", ["check", "show ucsd-facades-l1", "plan", "plan --card h100", "runs --scale demo"])
def test_who_only_asks_does_not_wait_for_what_computes(command):
    assert not imported(*command.split()) & COMPUTES


def test_help_does_not_wait_for_what_reads_and_checks_params_either():
    assert not imported("--help") & (COMPUTES | CHECKS)


def test_what_a_command_imports_is_seen():
    assert imported("check") >= {"pydantic", "yaml"}
