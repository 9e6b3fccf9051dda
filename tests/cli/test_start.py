"""Commands and jobs import only the heavy modules that they need. Imports are counted, not timed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.imports import CHECKS, COMPILES, COMPUTES

IMPORTED = {
    "fetch": set(),
    "fetch-weights": set(),
    "prepare": set(),
    "features": {"torch"},
    "train": {"torch", "pandas"},
    "train-segmenter": {"torch", "torch._dynamo", "torchvision"},
    "translate": {"torch"},
    "evaluate": {"torch", "scipy", "skimage"},
    "report": {"matplotlib", "pandas"},
}
"""Node -> heavy modules that its job imports on a CPU, with the stand-in extractor and data without classes."""


def imported(*arguments, folder=ROOT):
    """Return the modules that are loaded when a command ends."""
    program = (
        "import sys; from pixcycle.cli.app import main; sys.argv[0] = 'pixcycle'\n"
        "try: main()\n"
        "except SystemExit as stop: assert not stop.code, stop.code\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    command, without_gpus = [sys.executable, "-c", program, *arguments], os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    run = subprocess.run(command, cwd=folder, env=without_gpus, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return set(run.stderr.split())


@pytest.mark.parametrize("command", ["check", "show ucsd-facades-l1", "plan", "plan --gpu h100", "runs --scale demo"])
def test_read_only_commands_do_not_import_computing_modules(command):
    assert not imported(*command.split()) & COMPUTES


def test_help_does_not_import_modules_that_compute_or_read_params():
    assert not imported("--help") & (COMPUTES | CHECKS)


@pytest.mark.parametrize(("node", "needed"), IMPORTED.items())
def test_job_imports_only_the_heavy_modules_it_needs(nodes, node, needed, tmp_path):
    command = nodes.command(node, tmp_path / Path(nodes.outs[node]).name)
    if "--segmenter" in command:
        place = command.index("--segmenter")
        del command[place : place + 2]
    assert imported(*command, folder=nodes.made) & (COMPUTES | COMPILES) == needed


def test_imported_finds_modules_that_check_imports():
    assert imported("check") >= {"pydantic", "yaml"}
