"""How images look, in numbers: brightness, contrast, sharpness, saturation and greenness.

The reports describe generated images in such words; these functions let their claims be judged.
"""

import numpy as np

from pixcycle.metrics.checkerboard import LUMINANCE, PERIOD


def brightness(images: np.ndarray) -> np.ndarray:
    """Return the mean luminance of each image, (N,) in [0, 255]. images: uint8 (N, H, W, 3)."""
    return np.array([(image @ LUMINANCE).mean() for image in images])


def contrast(images: np.ndarray) -> np.ndarray:
    """Return the standard deviation of the luminance of each image, (N,) in [0, 127.5]. images: uint8 (N, H, W, 3)."""
    return np.array([(image @ LUMINANCE).std() for image in images])


def sharpness(images: np.ndarray) -> np.ndarray:
    """Return the root mean square step between neighbouring pixels, as a fraction of the contrast, (N,) in [0, 2].

    Luminance is first averaged over each window of 4 x 4 pixels. That removes the checkerboard of deconvolutions, whose
    periods are 2 and 4, and which would pass for sharp edges. A wave of period P in pixels along rows has
    sqrt(2) sin(pi / P): the square is the mean of those along rows and along columns. Blur lowers the value, a factor
    on the contrast leaves it; a constant image has 0.

    Parameters
    ----------
    images
        uint8 (N, H, W, 3), larger than 4 x 4.
    """
    return np.array([_steps(_averaged(image @ LUMINANCE)) for image in images])


def saturation(images: np.ndarray) -> np.ndarray:
    """Return the mean of (max - min) / max over the pixels' channels, (N,) in [0, 1]; 0 for white, grey and black.

    images: uint8 (N, H, W, 3).
    """
    return np.array([_share(np.ptp(image, axis=2), image.max(axis=2), 0.0).mean() for image in images])


def greenness(images: np.ndarray) -> np.ndarray:
    """Return the mean of G / (R + G + B) over the pixels, (N,) in [0, 1]; a third for grey and black.

    images: uint8 (N, H, W, 3).
    """
    return np.array([_share(image[..., 1], image.sum(axis=2, dtype=float), 1 / 3).mean() for image in images])


def _averaged(plane: np.ndarray) -> np.ndarray:
    """Return the means of all windows of PERIOD x PERIOD pixels of an (H, W) plane."""
    height, width = (side - PERIOD + 1 for side in plane.shape)
    rows = sum(plane[i : i + height] for i in range(PERIOD))
    return sum(rows[:, i : i + width] for i in range(PERIOD)) / PERIOD**2


def _steps(plane: np.ndarray) -> float:
    spread = plane.std()
    if spread < 1e-6:  # a constant image, up to rounding
        return 0.0
    along = [np.square(np.diff(plane, axis=axis)).mean() for axis in (0, 1)]
    return float(np.sqrt(np.mean(along)) / spread)


def _share(part: np.ndarray, whole: np.ndarray, of_nothing: float) -> np.ndarray:
    """Return part / whole, and `of_nothing` where the whole is 0."""
    return np.divide(part, whole, out=np.full(whole.shape, of_nothing), where=whole > 0)
