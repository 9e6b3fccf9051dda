"""A trained generator out of the folder of its run, which is all that it takes."""

import difflib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from pixcycle.engine.nodes import finished_runs, record_in
from pixcycle.errors import UserError
from pixcycle.runs import MACHINE
from pixcycle.schema import Experiment
from pixcycle.trained.sides import sides_of
from pixcycle.training.checkpoint import load_generator
from pixcycle.training.networks import generator_of
from pixcycle.training.translate import generator_names
from pixcycle.translations import Direction


@dataclass(frozen=True)
class Trained:
    """What a run's folder holds of one direction. experiment: as of its training, settings of inference included."""

    experiment: Experiment
    direction: Direction
    seed: int
    weights: dict[str, Tensor]

    @cached_property
    def sides(self) -> tuple[int, int]:
        """The multiple that sides of its images are of, and the least."""
        with torch.device("meta"):
            return sides_of(generator_of(self.experiment))


def load(run: Path, direction: Direction | None = None) -> Trained:
    """The generator of a finished run, wherever its folder lies.

    direction: without it, the one that was trained (pix2pix) or scored (CycleGAN).
    Raises UserError if this is no such folder, or if the run has no such direction.
    """
    e = _experiment(run)
    direction = direction or e.direction
    names = generator_names(e)
    if direction not in names:
        raise UserError(f"{run}: pix2pix is trained in one direction, here {e.direction}; it has no {direction}")
    seed = record_in(run / "run.json").get("seed", 0)
    return Trained(e, direction, seed, load_generator(run, names[direction], e))


def _experiment(run: Path) -> Experiment:
    file = run / "final.safetensors"
    if not file.is_file():
        raise UserError(f"{run}: {'has no final.safetensors' if run.is_dir() else 'no such folder'}; {_hint(run)}")
    try:
        with safe_open(file, "np") as opened:
            said: dict[str, Any] = json.loads((opened.metadata() or {})["experiment"])
        # On which machine it was trained is no matter here.
        return Experiment.model_validate({key: value for key, value in said.items() if key not in MACHINE})
    except (SafetensorError, KeyError, ValueError):
        raise UserError(f"{file}: damaged, or not written by this version of pixcycle") from None


def _hint(run: Path) -> str:
    close = difflib.get_close_matches(str(run), finished_runs(Path()), n=1)
    return f"did you mean {close[0]}?" if close else "want the folder of a finished run, results/.../SEED-FINGERPRINT"
