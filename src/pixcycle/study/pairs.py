"""The images of a study: a run's generated images, and the real images shown beside them."""

from functools import cached_property
from pathlib import Path

import numpy as np

from pixcycle.base.errors import UserError
from pixcycle.data.arrays import read_array
from pixcycle.data.png import png_of
from pixcycle.paths import SOURCE, TARGET, fakes_folder
from pixcycle.plan.runs import Run
from pixcycle.records.manifest import read_manifest
from pixcycle.records.translated import read_png
from pixcycle.study.protocol import Pairing, Side, Trial, other_inputs


class Pairs:
    """Real and generated images of a finished run, all PNG files of one size, so that only their content differs.

    The real image is at the generated image's index in the target domain, modulo the number of images there: if the
    dataset is paired, the truth of its input. With the pairing other_input it is at the index of another input.
    """

    def __init__(self, run: Run, direction: str, root: Path, scale: str):
        """Raise UserError, with the command that makes them, if the run has no translations in this direction.

        Parameters
        ----------
        scale
            The run's scale, for that command.
        """
        self._direction, self._prepared = direction, root / run.prepared
        self._folder = fakes_folder(root / run.translated, direction)
        if not self._folder.is_dir():
            existing = [other for other in TARGET if fakes_folder(root / run.translated, other).is_dir()]
            if existing:
                raise UserError(
                    f"{run.key} has no images of direction {direction}; its direction is {' or '.join(existing)}"
                )
            raise UserError(
                f"{run.key} has no images of direction {direction}; make them first:"
                f" snakemake {run.id} --cores all --config scale={scale}"
            )

    def __len__(self) -> int:
        return len(self.names)

    def png(self, trial: Trial, side: Side, pairing: Pairing) -> bytes:
        """Return the image on one side of a trial."""
        if side == trial.real:
            index = trial.image if pairing == "same_input" else self._other_inputs[trial.image]
            return png_of(self._real[index % len(self._real)])
        if trial.kind == "check":
            return png_of(np.random.default_rng(trial.image).integers(0, 256, self._real.shape[1:], dtype=np.uint8))
        return png_of(read_png(self._folder / f"{self.names[trial.image]}.png"))

    @cached_property
    def names(self) -> list[str]:
        """Names of the test images in the direction's source domain."""
        return read_manifest(self._prepared).test[SOURCE[self._direction]].names

    @cached_property
    def _other_inputs(self) -> list[int]:
        return other_inputs(len(self))

    @cached_property
    def _real(self) -> np.ndarray:
        return read_array(self._prepared / f"test_{TARGET[self._direction]}.npy")
