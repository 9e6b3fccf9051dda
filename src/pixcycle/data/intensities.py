"""Stretch the intensities of an image over the whole range."""

import numpy as np


def stretched(image: np.ndarray) -> np.ndarray:
    """Stretch an image linearly, so that its least value becomes 0 and its greatest 255, -1 and 1 for the networks.

    All channels are stretched together (code of report 001), and rounded to whole levels. An image of a single value
    stays as it is.

    Parameters
    ----------
    image
        uint8 (H, W, C).
    """
    least, greatest = int(image.min()), int(image.max())
    if least == greatest:
        return image
    return np.rint((image.astype(np.float64) - least) * (255 / (greatest - least))).astype(np.uint8)
