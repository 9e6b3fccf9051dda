"""What an interrupted run needs to go on as if nothing had happened, and what a finished one leaves."""

import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import torch as safetensors
from safetensors.torch import load_file
from torch import Tensor

from pixcycle.config import Experiment
from pixcycle.files import whole_file, write_bytes, write_json

SECONDS_BETWEEN = 60
"""Epochs may be shorter than the writing of a state is worth."""


@dataclass(frozen=True)
class Done:
    """How far a run has come."""

    epoch: int = 0
    seconds: float = 0.0


def restore(work: Path, method: Any) -> Done:
    """Bring networks, optimisers, pools and random numbers back to the last saved epoch, if there is one."""
    path = _state(work)
    if not path.exists():
        return Done()
    state = torch.load(path, map_location="cpu", weights_only=True)
    method.nets.load_state_dict(state["nets"])
    for name, pool in method.pools.items():
        pool.load_state_dict(state["pools"][name])
    torch.set_rng_state(state["rng"])
    if "cuda_rng" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda_rng"])
    return Done(**state["done"])


def save(work: Path, method: Any, done: Done) -> None:
    """Write the state beside the last one, then put it in its place."""
    state = {
        "nets": method.nets.state_dict(),
        "pools": {name: pool.state_dict() for name, pool in method.pools.items()},
        "rng": torch.get_rng_state(),
        "done": asdict(done),
    }
    if torch.cuda.is_available():
        state["cuda_rng"] = torch.cuda.get_rng_state()
    path = _state(work)
    with whole_file(path) as file:
        torch.save(state, file)
    write_json(path.with_name("done.json"), asdict(done))  # for those who ask without torch


def save_now_and_then(work: Path, method: Any, done: Done) -> None:
    """Save unless the last saving was less than SECONDS_BETWEEN ago."""
    path = _state(work)
    started = path if path.exists() else work / "config.json"
    if time.time() - started.stat().st_mtime >= SECONDS_BETWEEN:
        save(work, method, done)


def write_final(work: Path, weights: dict[str, Tensor], e: Experiment) -> None:
    """All networks' weights as `NETWORK.PARAMETER` in final.safetensors.

    Its metadata hold the experiment as JSON, which says how to build the networks and how to set them at inference, as
    of their training: where params.yaml says otherwise later, it decides how they translate.
    """
    write_bytes(work / "final.safetensors", safetensors.save(weights, metadata={"experiment": e.model_dump_json()}))


def load_network(run: Path, name: str) -> dict[str, Tensor]:
    """One network's weights out of a finished run's folder."""
    weights = load_file(run / "final.safetensors")
    return {key.removeprefix(f"{name}."): value for key, value in weights.items() if key.startswith(f"{name}.")}


def forget(work: Path) -> None:
    """A finished run needs no state."""
    shutil.rmtree(_state(work).parent, ignore_errors=True)


def _state(work: Path) -> Path:
    return work / "state" / "last.pt"
