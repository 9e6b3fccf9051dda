"""Test images of a run and its outputs, read for the figures."""

from pathlib import Path

import numpy as np

from pixcycle.data.arrays import read_array
from pixcycle.paths import OF_TRAINING, SOURCE, TARGET, cycled_folder, fakes_folder, samples_folder
from pixcycle.plan.runs import Run
from pixcycle.records.translated import read_png, sample_indices
from pixcycle.report.drawing import grids
from pixcycle.report.drawing.interactive import Picture
from pixcycle.report.values import Values


class Album:
    """Images of a run in one direction.

    Images are uint8 (H, W, 3), selected by their indices (`places`) in the test split of the input domain.

    Parameters
    ----------
    direction
        Default: the scored direction of the experiment.
    run
        Default: the run of the experiment's first seed.
    """

    def __init__(self, values: Values, experiment: str, direction: str | None = None, run: Run | None = None):
        self._values = values
        self.run = run or values.one(experiment)
        self.direction = direction or self.run.config.direction
        self.label = self.run.config.label or experiment
        self._measured = values.measured[self.run.key]
        self._root = values.root
        manifest = values.manifests[self.run.data]
        self.names: list[str] = manifest.test[SOURCE[self.direction]].names
        self.paired: bool = manifest.paired

    def spread_out(self, images: int) -> list[int]:
        """Return the indices of `images` evenly spaced test images."""
        return sample_indices(len(self.names), images).tolist()

    def inputs(self, places: list[int]) -> list[np.ndarray]:
        return self._real(SOURCE[self.direction], places)

    def truths(self, places: list[int]) -> list[np.ndarray | None]:
        """Return the ground truth of the outputs; None for each image of an unpaired dataset."""
        return self._real(TARGET[self.direction], places) if self.paired else [None] * len(places)

    def outputs(self, places: list[int]) -> list[np.ndarray]:
        """Return G(x)."""
        return self._generated(fakes_folder(self._root / self.run.translated, self.direction), places)

    def returned(self, places: list[int]) -> list[np.ndarray]:
        """Return F(G(x)), which CycleGAN writes for the scored direction only."""
        return self._generated(cycled_folder(self._root / self.run.translated, self.direction), places)

    @property
    def sampled(self) -> list[int]:
        """Indices of the images that were translated during training."""
        return sample_indices(len(self.names)).tolist()

    def epoch_like(self, published: int) -> int:
        """Return the sampled epoch of this run at about the same fraction of the training as a published epoch."""
        report, ours = self._values.as_published(self.run).epochs, self.run.config.epochs
        sampled = [*self.run.config.sample_epochs, ours]  # the last epoch always is
        return min(sampled, key=lambda epoch: abs(epoch - published * ours / report))

    def outputs_after(self, epoch: int, places: list[int]) -> list[np.ndarray]:
        """Return G(x) after an epoch of training, for images that were sampled then."""
        folder = samples_folder(self._root / self.run.folder, epoch)
        return self._generated(fakes_folder(folder, self.direction), places)

    def of_training(self, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the first training image and what is made of it after an epoch (`sample_training`)."""
        folder = samples_folder(self._root / self.run.folder, epoch) / OF_TRAINING
        name = f"{SOURCE[self.direction]}.png"
        return read_png(folder / name), read_png(fakes_folder(folder, self.direction) / name)

    def l1(self) -> np.ndarray:
        """Return the pixel L1 of each test image, (N,)."""
        return np.array(self._measured.images[self.direction]["l1"])

    def _real(self, domain: str, places: list[int]) -> list[np.ndarray]:
        images = read_array(self._root / self.run.prepared / f"test_{domain}.npy")
        return [np.asarray(images[i]) for i in places]

    def _generated(self, folder: Path, places: list[int]) -> list[np.ndarray]:
        return [read_png(folder / f"{self.names[i]}.png") for i in places]


def sample_grid(
    values: Values, experiments: list[str], *, name: str | None = None, rows: int = 1
) -> tuple[Picture, list[str]]:
    """Draw input, ground truth and the output of each experiment.

    Parameters
    ----------
    experiments
        All with the same dataset and direction.
    name
        The image to show, if the test split has it. Otherwise `rows` evenly spaced images are shown, or the eighth if
        `rows` is 1.

    Returns
    -------
    tuple
        The figure, and the names of the images in it.
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
