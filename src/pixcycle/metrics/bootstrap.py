"""Bootstrap samples of test images: how much a score depends on which images were tested.

A sample of a set of N images has N draws with replacement and is given by how often it has each image, so that scores
of all samples are computed from products of features that are formed once.
"""

from dataclasses import dataclass

import numpy as np

from pixcycle.metrics.metric import Images

SAMPLES = 200
"""Number of samples. It gives a standard deviation to about 5%."""
MOST = 2000
"""Number of images of either set above which no samples are drawn: they would take minutes, and FIDs of so many images
differ far less than those of two trainings."""


@dataclass(frozen=True)
class Draws:
    """Number of times that each sample has each image: integers (SAMPLES, M) and (SAMPLES, N)."""

    real: np.ndarray
    fake: np.ndarray


def draws(images: Images) -> Draws:
    """Draw samples of the real and the generated images; an image and its ground truth are drawn together.

    Equal seeds and numbers of images give equal draws. Scores of two generators can therefore be compared sample by
    sample, which removes what both owe to the choice of test images.
    """
    generator = np.random.default_rng(images.seed)
    fake = _counts(generator, len(images.fake_features))
    return Draws(fake if images.pairs is not None else _counts(generator, len(images.real_features)), fake)


def _counts(generator: np.random.Generator, size: int) -> np.ndarray:
    return generator.multinomial(size, np.full(size, 1 / size), SAMPLES)
