"""Which images an epoch shows, in which order, and with which crop and flip.

Everything follows from seed, epoch and image alone, so that an interrupted training continues with the same draws.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from pixcycle.params.fields import Augmentation, FlipDraw, PairJitter

ORDER, AUGMENTATION = 0, 1
"""Numbers of the independent random streams of one domain in one epoch."""
COIN = 4
"""Number of domain A's stream, and one less than that of B's, of the flip that holds for a whole training."""


class Draws(NamedTuple):
    """Images of a domain in the order in which they are shown, with their augmentation.

    Attributes
    ----------
    rows
        (N,) indices into the domain's array.
    corners
        (N, 2) first row and first column of each crop.
    flips
        (N,) bool, True if the crop is mirrored left to right.
    """

    rows: np.ndarray
    corners: np.ndarray
    flips: np.ndarray


@dataclass(frozen=True)
class Sampling:
    """How the images of an epoch are drawn; the fields mean the same as in an experiment.

    Attributes
    ----------
    paired
        Images of both domains belong together and have one order. If False, each domain has its own, and its own
        crops and flips.
    """

    seed: int
    crop_size: int
    flip: bool
    paired: bool
    pair_jitter: PairJitter = "shared"
    augmentation: Augmentation = "each_epoch"
    flip_draw: FlipDraw = "each_image"
    shuffle_buffer: int | None = None

    def draws(self, epoch: int, domain: Literal[0, 1], images: int, side: int, samples: int) -> Draws:
        """Return what an epoch shows of a domain (0 is A, 1 is B).

        In the random streams, image i is row i in the first pass over the domain's n images, n + i in the second,
        and so on. Images that keep their crop have that of the first pass in the first epoch.

        Parameters
        ----------
        images
            Number n of images in the domain.
        side
            Height and width of its images in pixels.
        samples
            Number of images that the epoch shows of it.
        """
        order = self._order(epoch, 0 if self.paired else domain, images, samples)
        of_jitter = 0 if self.paired and self.pair_jitter == "shared" else domain
        drawn_in, places = (epoch, order) if self.augmentation == "each_epoch" else (0, order % images)
        stream = 2 * of_jitter + AUGMENTATION
        top, left, mirror = uniform(self.seed, drawn_in, stream, (places.max() + 1, 3))[places].T
        corners = np.stack([top, left], axis=1) * (side - self.crop_size + 1)
        flips = mirror < 0.5
        if self.flip_draw == "whole_training":
            flips = np.full(samples, self.coin(domain))
        return Draws(order % images, corners.astype(np.int64), flips & self.flip)

    def coin(self, domain: Literal[0, 1]) -> bool:
        """Return whether `flip_draw: whole_training` mirrors all images of a domain (0 is A, 1 is B)."""
        of_flip = 0 if self.paired and self.pair_jitter == "shared" else domain
        return bool(uniform(self.seed, 0, COIN + of_flip, (1,))[0] < 0.5)

    def _order(self, epoch: int, domain: int, images: int, samples: int) -> np.ndarray:
        """Return the (samples,) images of an epoch in order, n more for each pass over the n images of the domain."""
        passes = -(-samples // images)
        numbers = uniform(self.seed, epoch, 2 * domain + ORDER, (passes, images))
        if self.shuffle_buffer is None or self.shuffle_buffer >= images:
            order = numbers.argsort(axis=1, kind="stable")
        else:
            order = np.stack([shuffled_in_buffer(row, self.shuffle_buffer) for row in numbers])
        return (order + images * np.arange(passes)[:, None]).ravel()[:samples]


def shuffled_in_buffer(numbers: np.ndarray, size: int) -> np.ndarray:
    """Return an order of n images, as TensorFlow's `shuffle(size)` makes it: (n,) indices.

    A buffer holds the first `size` images. Each step takes one of it at random, and the next image in line takes its
    place. So the image in place i comes no earlier than step i - size + 1, and k steps see the first size + k - 1
    images at most.

    Parameters
    ----------
    numbers
        (n,) random numbers in [0, 1), one for each step.
    """
    waiting, order = list(range(size)), []
    for step, number in enumerate(numbers):
        place = int(number * len(waiting))
        order.append(waiting[place])
        following = size + step
        waiting[place] = following if following < len(numbers) else waiting[-1]
        if following >= len(numbers):
            waiting.pop()
    return np.array(order)


def uniform(seed: int, epoch: int, stream: int, shape: tuple[int, ...]) -> np.ndarray:
    """Return random numbers in [0, 1), each a function of seed, epoch, stream and its place in the array alone.

    Uses Philox, a counter-based generator (Salmon et al. 2011). `seed` and `epoch` must not be negative.
    """
    return np.random.Generator(np.random.Philox(key=[seed, epoch], counter=[0, 0, 0, stream])).random(shape)
