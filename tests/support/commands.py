"""Command and environment of a training, as in the workflow."""

import os
import sys
from functools import cache
from pathlib import Path

import yaml

from pixcycle.base.files import write_json
from pixcycle.params.load import check_params
from pixcycle.params.schema import Params
from pixcycle.plan.runs import Plan, Run
from tests.support import ROOT


def train_command(run: Run, prepared: Path, out: Path) -> list[str]:
    """Return the arguments of pixcycle, and write a plan of this run alone next to `out`."""
    plan = out.with_suffix(".plan.json")
    write_json(plan, Plan(params=_params(), data={}, runs={run.key: run}).model_dump(mode="json"))
    return ["job", "train", run.key, "--plan", str(plan), "--prepared", str(prepared), "--out", str(out)]


def command(run: Run, prepared: Path, out: Path) -> list[str]:
    """Return the command line of a training in a separate process."""
    return [str(Path(sys.executable).parent / "pixcycle"), *train_command(run, prepared, out)]


def environment(gpus: str) -> dict[str, str]:
    """Return our environment with `gpus` as CUDA_VISIBLE_DEVICES."""
    return os.environ | {"CUDA_VISIBLE_DEVICES": gpus, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT / "src")}


@cache
def _params() -> Params:
    return check_params(yaml.safe_load((ROOT / "params.yaml").read_text()))
