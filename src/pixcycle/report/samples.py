"""Test images of a run and what it made of them, read for the figures."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from pixcycle.data.arrays import read_array
from pixcycle.report import grids
from pixcycle.report.values import Values
from pixcycle.training.translated import read_png, sample_indices, samples_folder
from pixcycle.translations import SOURCE, TARGET, cycled_folder, fakes_folder


class Album:
    """Images of an experiment's first seed in one direction, the scored one where none is given.

    Images are uint8 (H, W, 3); they are asked for by their places in the test split of the input's domain.
    """

    def __init__(self, values: Values, experiment: str, direction: str | None = None):
        self._values = values
        self.run = values.one(experiment)
        self.direction = direction or self.run.config.direction
        self.label = self.run.config.label or experiment
        self._measured = values.measured[self.run.key]
        self._root = values.root
        manifest = values.manifests[self.run.data]
        self.names: list[str] = manifest["splits"]["test"][SOURCE[self.direction]]["names"]
        self.paired: bool = manifest["paired"]

    def spread_out(self, images: int) -> list[int]:
        """Places of so many images at even distances."""
        return sample_indices(len(self.names), images).tolist()

    def inputs(self, places: list[int]) -> list[np.ndarray]:
        return self._real(SOURCE[self.direction], places)

    def truths(self, places: list[int]) -> list[np.ndarray | None]:
        """What the outputs should be; None for each image of an unpaired dataset."""
        return self._real(TARGET[self.direction], places) if self.paired else [None] * len(places)

    def outputs(self, places: list[int]) -> list[np.ndarray]:
        """G(x)."""
        return self._generated(fakes_folder(self._root / self.run.translated, self.direction), places)

    def returned(self, places: list[int]) -> list[np.ndarray]:
        """F(G(x)); CycleGAN leaves it for the scored direction."""
        return self._generated(cycled_folder(self._root / self.run.translated, self.direction), places)

    @property
    def sampled(self) -> list[int]:
        """Places of the images that were translated on the way."""
        return sample_indices(len(self.names)).tolist()

    def epoch_like(self, published: int) -> int:
        """The sampled epoch of this run that an epoch of its report corresponds to, where runs are shorter."""
        report, ours = self._values.as_published(self.run).epochs, self.run.config.epochs
        sampled = [*self.run.config.sample_epochs, ours]  # the last one always is
        return min(sampled, key=lambda epoch: abs(epoch - published * ours / report))

    def outputs_after(self, epoch: int, places: list[int]) -> list[np.ndarray]:
        """G(x) after an epoch of the training, of images that were sampled then."""
        folder = samples_folder(self._root / self.run.folder, epoch)
        return self._generated(fakes_folder(folder, self.direction), places)

    def l1(self) -> np.ndarray:
        """(N,) pixel L1 of each test image."""
        return np.array(self._measured["images"][self.direction]["l1"])

    def _real(self, domain: str, places: list[int]) -> list[np.ndarray]:
        images = read_array(self._root / self.run.prepared / f"test_{domain}.npy")
        return [np.asarray(images[i]) for i in places]

    def _generated(self, folder: Path, places: list[int]) -> list[np.ndarray]:
        return [read_png(folder / f"{self.names[i]}.png") for i in places]


def sample_grid(
    values: Values, experiments: list[str], *, name: str | None = None, rows: int = 1
) -> tuple[Figure, list[str]]:
    """Input, truth and what each experiment made of it; also the names of the images that are shown.

    name: the one image to show, if the test split has it; otherwise `rows` images at even distances, or for one row
    the eighth. All experiments share one dataset and direction.
    """
    albums = [Album(values, experiment) for experiment in experiments]
    first = albums[0]
    if name in first.names:
        places = [first.names.index(name)]
    else:
        places = [min(7, len(first.names) - 1)] if rows == 1 else first.spread_out(rows)
    columns = [
        ("Input", first.inputs(places)),
        *([("Ground truth", first.truths(places))] if first.paired else []),
        *((album.label, album.outputs(places)) for album in albums),
    ]
    return grids.image_grid(columns), [first.names[i] for i in places]
