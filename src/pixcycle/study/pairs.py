"""The images of a study: what a run generated in a direction, and the real ones beside which it is shown."""

from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from pixcycle.data.arrays import read_array
from pixcycle.data.png import png_of
from pixcycle.errors import UserError
from pixcycle.files import read_json
from pixcycle.runs import Run
from pixcycle.study.protocol import Side, Trial
from pixcycle.translations import SOURCE, TARGET, fakes_folder


class Pairs:
    """Real and generated images of a finished run, all as PNG of one size: only the picture tells them apart.

    Beside a generated image stands the truth of the same input, where the dataset has it; else the real test image at
    the same place of the other domain, beginning again where that has fewer.
    """

    def __init__(self, run: Run, direction: str, root: Path):
        """Raises UserError if the run has no translations in this direction."""
        self._direction, self._prepared = direction, root / run.prepared
        self._folder = fakes_folder(root / run.translated, direction)
        if not self._folder.is_dir():
            have = [other for other in TARGET if fakes_folder(root / run.translated, other).is_dir()]
            raise UserError(
                f"{run.key} has no images of direction {direction}; "
                + (f"its direction is {' or '.join(have)}" if have else f"make them first: snakemake {run.id}")
            )

    def __len__(self) -> int:
        return len(self.names)

    def png(self, trial: Trial, side: Side) -> bytes:
        """What stands on a side of a trial."""
        if side == trial.real:
            return png_of(self._real[trial.image % len(self._real)])
        if trial.kind == "check":
            return png_of(np.random.default_rng(trial.image).integers(0, 256, self._real.shape[1:], dtype=np.uint8))
        with Image.open(self._folder / f"{self.names[trial.image]}.png") as image:
            return png_of(np.asarray(image))

    @cached_property
    def names(self) -> list[str]:
        """Of the test images that the direction starts from."""
        manifest = read_json(self._prepared / "manifest.json")
        return manifest["splits"]["test"][SOURCE[self._direction]]["names"]

    @cached_property
    def _real(self) -> np.ndarray:
        return read_array(self._prepared / f"test_{TARGET[self._direction]}.npy")
