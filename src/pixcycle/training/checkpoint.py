"""Saved states, from which an interrupted run continues, and final weights of finished runs."""

import pickle
import shutil
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import torch as safetensors
from torch import Tensor

from pixcycle.base.errors import UserError
from pixcycle.base.files import whole_file, write_bytes, write_json
from pixcycle.methods.registry import METHODS
from pixcycle.models.weights import read_safetensors, refuse_misfits, refuse_not_finite
from pixcycle.params.experiment import Experiment
from pixcycle.paths import Direction
from pixcycle.records.run import RunRecord, run_file, weights_file

STATE = "state"
"""Folder of the saved state in that of an unfinished run."""
SECONDS_BETWEEN = 60
"""Least time between two saved states, for states that are written within a second. It grows in proportion to the
seconds that writing takes, so that saving is never a large share of the training time."""

_UNLIKE_A_STATE = (AttributeError, EOFError, LookupError, RuntimeError, TypeError, ValueError, pickle.UnpicklingError)


@dataclass(frozen=True)
class Done:
    """Progress of a run: finished epochs, steps of the next one, and seconds of training."""

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0


def restore(work: Path, method: Any) -> Done:
    """Restore networks, optimisers, pools and random numbers from the last saved state, and return its progress.

    Without a saved state, nothing changes and the progress is zero.

    Raises
    ------
    UserError
        If the state is damaged or belongs to another run. Starting over would silently discard days of training.
    """
    path = _state(work)
    if not path.exists():
        return Done()
    state = _read(path)
    try:
        if state.get("of", work.name) != work.name:
            raise ValueError
        method.nets.load_state_dict(state["nets"])
        for name, pool in method.pools.items():
            pool.load_state_dict(state["pools"][name])
        torch.set_rng_state(state["rng"])
        if "cuda_rng" in state and torch.cuda.is_available():
            torch.cuda.set_rng_state(state["cuda_rng"])
        return Done(**state["done"])
    except torch.OutOfMemoryError:
        raise
    except _UNLIKE_A_STATE as error:
        raise _unusable(path, "belongs to another run") from error


def save(work: Path, method: Any, done: Done) -> bool:
    """Write the state to a temporary file, then replace the last state by it; return whether it was saved.

    A state with NaN or infinity is not saved, as training cannot recover from it.
    """
    state = {
        "of": work.name,
        "nets": method.nets.state_dict(),
        "pools": {name: pool.state_dict() for name, pool in method.pools.items()},
        "rng": torch.get_rng_state(),
        "done": asdict(done),
    }
    if torch.cuda.is_available():
        state["cuda_rng"] = torch.cuda.get_rng_state()
    if not _finite(state):
        return False
    path = _state(work)
    with whole_file(path) as file:
        torch.save(state, file)
    write_json(path.with_name("done.json"), asdict(done))  # readable without torch
    return True


def write_final(work: Path, weights: dict[str, Tensor], e: Experiment) -> None:
    """Write the weights of all networks to final.safetensors, as `NETWORK.PARAMETER`.

    The metadata contain the experiment at the time of training as JSON: how to build the networks, and their settings
    at inference. If params.yaml changes later, its settings at inference apply.
    """
    write_bytes(weights_file(work), safetensors.save(weights, metadata={"experiment": e.model_dump_json()}))


def load_generator(run: Path, direction: Direction, e: Experiment) -> dict[str, Tensor]:
    """Return the weights of the network that translates in a direction, from a finished run's folder.

    Raises
    ------
    UserError
        If the file is damaged or belongs to another network, or contains NaN although the run is not recorded as
        collapsed.
    """
    path, name = weights_file(run), METHODS[e.method].generators(e)[direction]
    weights = {k.removeprefix(f"{name}."): v for k, v in read_safetensors(path).items() if k.startswith(f"{name}.")}
    with torch.device("meta"):  # to draw no random numbers
        refuse_misfits(path, weights, METHODS[e.method].translator(e, direction))
    if not is_collapsed(run):
        refuse_not_finite(path, weights)
    return weights


def is_collapsed(run: Path) -> bool:
    """Return whether a run is recorded as collapsed; False for a folder that was copied without its record."""
    record = RunRecord.find(run_file(run))
    return record is not None and record.status == "collapsed"


def forget(work: Path) -> None:
    """Delete the state of a finished run."""
    shutil.rmtree(_state(work).parent, ignore_errors=True)


def _state(work: Path) -> Path:
    return work / STATE / "last.pt"


def _read(path: Path) -> Any:
    """Return a state, after checking that it is intact, which `torch.load` does not check, and finite."""
    try:
        with zipfile.ZipFile(path) as archive:
            intact = archive.testzip() is None
    except OSError:
        raise
    except Exception:  # a damaged archive can raise almost anything
        intact = False
    if not intact:
        raise _unusable(path, "is truncated or damaged")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except _UNLIKE_A_STATE as error:
        raise _unusable(path, "is not a training state") from error
    if not _finite(state):
        raise _unusable(path, "contains NaN or infinity")
    return state


def _finite(state: Any) -> bool:
    """Return whether all tensors in nested dicts and lists are finite."""
    if isinstance(state, Tensor):
        return not state.is_floating_point() or bool(state.isfinite().all())
    inner = state.values() if isinstance(state, dict) else state if isinstance(state, list | tuple) else ()
    return all(map(_finite, inner))


def _unusable(path: Path, why: str) -> UserError:
    return UserError(f"{path} {why}; restore an intact copy, or delete it to train from the beginning")
