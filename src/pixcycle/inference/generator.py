"""Load a trained generator from the folder of its run, without any other file."""

import difflib
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from pixcycle.base.errors import UserError
from pixcycle.inference.image_sizes import sides_of
from pixcycle.methods.registry import METHODS
from pixcycle.params.experiment import Experiment
from pixcycle.paths import Direction, finished_runs
from pixcycle.plan.names import MACHINE
from pixcycle.records.run import RunRecord, run_file, weights_file
from pixcycle.training.checkpoint import load_generator


@dataclass(frozen=True)
class Trained:
    """The generator of one direction of a run, or of a file of the authors' code.

    Attributes
    ----------
    experiment
        Settings of the run when it was trained, including those of inference; for a file, settings that build its
        network.
    words
        The direction of a run; the generator of a file.
    metadata
        What an exported file says about its origin.
    """

    experiment: Experiment
    direction: Direction
    seed: int
    weights: dict[str, Tensor]
    words: str
    metadata: dict[str, str]

    @cached_property
    def sides(self) -> tuple[int, int]:
        """(multiple, minimum) of valid image sides."""
        with torch.device("meta"):
            return sides_of(METHODS[self.experiment.method].translator(self.experiment, self.direction))


def load(run: Path, direction: Direction | None = None) -> Trained:
    """Load the generator of a finished run, wherever its folder is.

    Parameters
    ----------
    run
        Folder of the run.
    direction
        Defaults to the direction that was trained (pix2pix) or scored (CycleGAN).

    Raises
    ------
    UserError
        If `run` is not the folder of a finished run, or the run has no such direction.
    """
    e = _experiment(run)
    direction = direction or e.direction
    if direction not in METHODS[e.method].generators(e):
        raise UserError(f"{run}: {e.method} is trained in one direction, here {e.direction}; it has no {direction}")
    if not METHODS[e.method].feed_forward:
        raise UserError(
            f"{run}: {e.method} has no network that takes an image: it searches for each of its own test images, which"
            " Snakemake translates; choose a run of another method"
        )
    record = RunRecord.find(run_file(run))
    seed = record.seed if record else 0
    weights = load_generator(run, direction, e)
    return Trained(e, direction, seed, weights, direction, {"experiment": e.model_dump_json(), "direction": direction})


def _experiment(run: Path) -> Experiment:
    file = weights_file(run)
    if not file.is_file():
        raise UserError(f"{run}: {f'has no {file.name}' if run.is_dir() else 'no such folder'}; {_hint(run)}")
    try:
        with safe_open(file, "np") as opened:
            settings: dict[str, Any] = json.loads((opened.metadata() or {})["experiment"])
        # Settings of the machine that trained it play no part here.
        return Experiment.model_validate({key: value for key, value in settings.items() if key not in MACHINE})
    except (SafetensorError, KeyError, ValueError):
        raise UserError(f"{file}: damaged, or not written by this version of pixcycle") from None


def _hint(run: Path) -> str:
    runs = finished_runs(Path())
    if os.path.relpath(run) in runs:
        return "remove that folder and run snakemake again, which trains that run"
    usable = [path for path in runs if weights_file(Path(path)).is_file()]
    close = difflib.get_close_matches(str(run), usable, n=1)
    expected = "expected the folder of a finished run, results/.../SEED-FINGERPRINT"
    return f"did you mean {close[0]}?" if close else expected
