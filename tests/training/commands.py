"""The command of a training, as the workflow has it."""

import os
import sys
from functools import cache
from pathlib import Path

import yaml

from pixcycle import config
from pixcycle.files import write_json
from pixcycle.runs import Plan, Run
from pixcycle.schema import Params

ROOT = Path(__file__).parents[2]


def train_command(run: Run, prepared: Path, out: Path) -> list[str]:
    """The arguments of pixcycle, with a plan of this run alone, which stands beside `out`."""
    plan = out.with_suffix(".plan.json")
    write_json(plan, Plan(params=_params(), data={}, runs={run.key: run}).model_dump(mode="json"))
    return ["job", "train", run.key, "--plan", str(plan), "--prepared", str(prepared), "--out", str(out)]


def command(run: Run, prepared: Path, out: Path) -> list[str]:
    """What a process of its own is started with."""
    return [str(Path(sys.executable).parent / "pixcycle"), *train_command(run, prepared, out)]


def environment(cards: str) -> dict[str, str]:
    """Of such a process: ours, with these cards, as `CUDA_VISIBLE_DEVICES` names them."""
    return os.environ | {"CUDA_VISIBLE_DEVICES": cards, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT / "src")}


@cache
def _params() -> Params:
    return config.check(yaml.safe_load((ROOT / "params.yaml").read_text()))
