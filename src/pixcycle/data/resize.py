"""Resize images to squares, with Pillow's filters or with those of TensorFlow."""

import numpy as np
from PIL import Image

from pixcycle.params.fields import Resize

_PILLOW = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}


def resized(image: Image.Image, side: int, method: Resize) -> Image.Image:
    """Return an image at side x side pixels; unchanged if it has that size.

    Parameters
    ----------
    method
        ``nearest``, ``bilinear``, ``bicubic``: Pillow's; the last two are antialiased. ``nearest-exact`` and
        ``bilinear-tf1``: see the functions of these names.
    """
    if image.size == (side, side):
        return image
    if method in _PILLOW:
        return image.resize((side, side), _PILLOW[method])
    ours = {"nearest-exact": nearest_exact, "bilinear-tf1": bilinear_tf1}[method]
    return Image.fromarray(ours(np.asarray(image), side))


def nearest_exact(image: np.ndarray, side: int) -> np.ndarray:
    """Take the pixel under the centre of each new pixel, as TensorFlow 2 and PyTorch's ``nearest-exact`` do.

    Pixel i of m comes from pixel floor((i + 1/2) n / m) of n. Pillow's NEAREST is the same, but where a centre falls on
    the border of two pixels it may take the first: from 256 to 286 pixels in one row and one column, 71.

    Parameters
    ----------
    image
        uint8 (H, W, C).
    """
    rows, columns = ((2 * np.arange(side) + 1) * n // (2 * side) for n in image.shape[:2])
    return image[rows[:, None], columns]


def bilinear_tf1(image: np.ndarray, side: int) -> np.ndarray:
    """Interpolate between pixels without antialiasing, as TensorFlow 1 does by default (report 001).

    Upper left corners of pixels are aligned: pixel i of m lies at i n / m among n, between the two pixels beside it, or
    on the last one. So half the size takes every second pixel and averages nothing. Values are rounded to whole levels.

    Parameters
    ----------
    image
        uint8 (H, W, C).
    """
    for axis in (0, 1):
        n = image.shape[axis]
        place = np.arange(side) * n / side
        before = place.astype(int)
        after = np.minimum(before + 1, n - 1)
        weight = np.expand_dims(place - before, (1, 2) if axis == 0 else (0, 2))
        image = image.take(before, axis) * (1 - weight) + image.take(after, axis) * weight
    return np.rint(image).astype(np.uint8)
