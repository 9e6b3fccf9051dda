"""Checkerboard energy: how much of an image is the pattern that deconvolutions leave."""

import numpy as np

from pixcycle.base.errors import UserError
from pixcycle.metrics.metric import Metric, Score

PERIOD = 4
"""Period in pixels of the pattern that two successive deconvolutions of stride 2 leave."""
SMALLEST = 16
LUMINANCE = np.array([0.299, 0.587, 0.114])
"""Weights of red, green and blue (ITU-R BT.601)."""
PEAK, SURROUNDINGS = 1, 2
"""Bins to either side of a frequency: those that it spreads to under a Hann window, and those it is compared with."""


def checkerboard_energy(images: np.ndarray) -> np.ndarray:
    """Return each image's share of energy that stands out at the stride-2 frequencies (report 003, section 4.7).

    A deconvolution of stride 2 treats every second pixel alike (Odena et al. 2016), two in succession every fourth.
    Their patterns consist of the 15 non-zero frequencies (i/4, j/4) cycles per pixel. The spectrum is that of the
    luminance, less its mean, under a Hann window; without the window, the jump between opposite edges would leak in.
    The energy is the power of the 3x3 bins around each of these frequencies, less the power expected from the mean of
    the 16 bins around those, divided by the total power.

    An image that repeats after 2 or 4 pixels has energy 1, a constant image 0. White noise and photographs have 0 on
    average; single images deviate a little, the more the fewer pixels they have. A long edge along rows or columns
    gives up to 0.03 in 32x32 pixels, 0.01 in 64x64 and 0.002 in 128x128.

    Parameters
    ----------
    images
        uint8 (N, H, W, 3). Rows and columns beyond a multiple of 4 are ignored.

    Returns
    -------
    float64 (N,).

    Raises
    ------
    UserError
        If the images are smaller than 16x16.
    """
    height, width = (side - side % PERIOD for side in images.shape[1:3])
    if min(height, width) < SMALLEST:
        raise UserError(f"checkerboard energy needs images of at least {SMALLEST}x{SMALLEST}, got {height}x{width}")
    window = np.outer(_hann(height), _hann(width))
    return np.array([_excess(image[:height, :width] @ LUMINANCE, window) for image in images])


def _hann(samples: int) -> np.ndarray:
    """Return the periodic Hann window, bit for bit that of scipy.signal, which takes a second to import."""
    return 0.5 + 0.5 * np.cos(np.linspace(-np.pi, np.pi, samples + 1)[:-1])


def _excess(luminance: np.ndarray, window: np.ndarray) -> float:
    power = np.abs(np.fft.fft2((luminance - np.average(luminance, weights=window)) * window)) ** 2
    if power.sum() < 1e-6:  # a constant image, up to rounding
        return 0.0
    inner, outer = (_power_around(power, reach) for reach in (PEAK, SURROUNDINGS))
    bins = [(2 * reach + 1) ** 2 for reach in (PEAK, SURROUNDINGS)]
    return (inner - (outer - inner) * bins[0] / (bins[1] - bins[0])) / power.sum()


def _power_around(power: np.ndarray, reach: int) -> float:
    """Return the power summed over the bins within `reach` rows and columns of the stride-2 frequencies."""
    rows, columns = (np.add.outer(np.arange(0, n, n // PERIOD), np.arange(-reach, reach + 1)) % n for n in power.shape)
    around = power[rows[:, None, :, None], columns[None, :, None, :]].sum(axis=(2, 3))
    return around.sum() - around[0, 0]


METRIC = Metric(
    scores=(Score("checkerboard", "Checkerboard energy", digits=4, better="lower"),),
    measure=lambda images: {"checkerboard": float(checkerboard_energy(images.fakes).mean())},
    in_all_tables=False,
    recipe=0,
    position=60,
)
