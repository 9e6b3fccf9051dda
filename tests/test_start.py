"""Heavy modules that commands and jobs import: only those they need. Counted, not timed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.imports import CHECKS, COMPILES, COMPUTES

ROOT = Path(__file__).parents[1]
IMPORTED = {
    "fetch": set(),
    "fetch-weights": set(),
    "prepare": set(),
    "features": {"torch", "scipy"},
    "train": {"torch", "pandas"},
    "train-segmenter": {"torch", "torch._dynamo", "torchvision"},
    "translate": {"torch"},
    "evaluate": {"torch", "scipy", "skimage"},
    "report": {"matplotlib", "pandas"},
}
"""Node -> the heavy modules of its job on a CPU, with the stand-in extractor and for data without classes."""


def imported(*arguments, folder=ROOT):
    """Modules that are there when the command has ended."""
    program = (
        "import sys; from pixcycle.cli import main; sys.argv[0] = 'pixcycle'\n"
        "try: main()\n"
        "except SystemExit as stop: assert not stop.code, stop.code\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    command, without_cards = [sys.executable, "-c", program, *arguments], os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    run = subprocess.run(command, cwd=folder, env=without_cards, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return set(run.stderr.split())


@pytest.mark.parametrize("command", ["check", "show ucsd-facades-l1", "plan", "plan --card h100", "runs --scale demo"])
def test_who_only_asks_does_not_wait_for_what_computes(command):
    assert not imported(*command.split()) & COMPUTES


def test_help_does_not_wait_for_what_reads_and_checks_params_either():
    assert not imported("--help") & (COMPUTES | CHECKS)


@pytest.mark.parametrize(("node", "needed"), IMPORTED.items())
def test_job_imports_only_the_heavy_modules_it_needs(nodes, node, needed, tmp_path):
    command = nodes.command(node, tmp_path / Path(nodes.outs[node]).name)
    if "--segmenter" in command:
        place = command.index("--segmenter")
        del command[place : place + 2]
    assert imported(*command, folder=nodes.made) & (COMPUTES | COMPILES) == needed


def test_what_a_command_imports_is_seen():
    assert imported("check") >= {"pydantic", "yaml"}
