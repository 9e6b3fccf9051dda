"""What an interrupted run needs to go on as if nothing had happened, and what a finished one leaves."""

import pickle
import shutil
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import torch as safetensors
from torch import Tensor

from pixcycle.errors import UserError
from pixcycle.files import read_json, whole_file, write_bytes, write_json
from pixcycle.models.weights import read_safetensors, refuse_misfits, refuse_not_finite
from pixcycle.schema import Experiment
from pixcycle.training.networks import generator_of

SECONDS_BETWEEN = 60
"""From one state to the next, at least; times the seconds that writing one takes: never much of a training's time."""

_UNLIKE_A_STATE = (AttributeError, EOFError, LookupError, RuntimeError, TypeError, ValueError, pickle.UnpicklingError)


@dataclass(frozen=True)
class Done:
    """How far a run has come: whole epochs, steps of the next one, and seconds of training."""

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0


def restore(work: Path, method: Any) -> Done:
    """Bring networks, optimisers, pools and random numbers back to the last saved step, if there is one.

    Raises UserError for a state that is damaged or another run's: days of training are not begun anew without a word.
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
        raise _unusable(path, "is another run's state") from error


def save(work: Path, method: Any, done: Done) -> bool:
    """Write the state beside the last one, then put it in its place.

    Networks that are no longer finite are not saved, as nothing good comes of them; the answer is whether they were.
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
    write_json(path.with_name("done.json"), asdict(done))  # for those who ask without torch
    return True


def write_final(work: Path, weights: dict[str, Tensor], e: Experiment) -> None:
    """All networks' weights as `NETWORK.PARAMETER` in final.safetensors.

    Its metadata hold the experiment as JSON, which says how to build the networks and how to set them at inference, as
    of their training: where params.yaml says otherwise later, it decides how they translate.
    """
    write_bytes(work / "final.safetensors", safetensors.save(weights, metadata={"experiment": e.model_dump_json()}))


def load_generator(run: Path, name: str, e: Experiment) -> dict[str, Tensor]:
    """One generator's weights out of a finished run's folder.

    Raises UserError for a file that is damaged or another network's, or holds NaN though the run is not recorded as
    collapsed.
    """
    path = run / "final.safetensors"
    weights = {k.removeprefix(f"{name}."): v for k, v in read_safetensors(path).items() if k.startswith(f"{name}.")}
    with torch.device("meta"):  # where it draws no random numbers
        refuse_misfits(path, weights, generator_of(e))
    if not is_collapsed(run):
        refuse_not_finite(path, weights)
    return weights


def is_collapsed(run: Path) -> bool:
    """Whether a run is recorded as collapsed; one whose folder was copied without its record is not."""
    record = run / "run.json"
    return record.exists() and read_json(record, "status")["status"] == "collapsed"


def forget(work: Path) -> None:
    """A finished run needs no state."""
    shutil.rmtree(_state(work).parent, ignore_errors=True)


def _state(work: Path) -> Path:
    return work / "state" / "last.pt"


def _read(path: Path) -> Any:
    """A state whose bytes are those that were written, which `torch.load` would not notice, and are finite."""
    try:
        with zipfile.ZipFile(path) as written:
            whole = written.testzip() is None
    except OSError:
        raise
    except Exception:  # whatever zipfile makes of a damaged one
        whole = False
    if not whole:
        raise _unusable(path, "is cut off or damaged")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except _UNLIKE_A_STATE as error:
        raise _unusable(path, "is no state of a training") from error
    if not _finite(state):
        raise _unusable(path, "holds numbers that are not finite")
    return state


def _finite(state: Any) -> bool:
    """Whether all numbers in nested dicts and lists are."""
    if isinstance(state, Tensor):
        return not state.is_floating_point() or bool(state.isfinite().all())
    inner = state.values() if isinstance(state, dict) else state if isinstance(state, list | tuple) else ()
    return all(map(_finite, inner))


def _unusable(path: Path, why: str) -> UserError:
    return UserError(f"{path} {why}; put back a whole copy of it, or delete it to train from the beginning")
