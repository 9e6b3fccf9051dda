"""How much of generated images is the checkerboard that deconvolutions leave."""

import numpy as np

from pixcycle.errors import UserError

PERIOD = 4
"""Pixels after which the pattern of two deconvolutions of stride 2, one after the other, repeats."""
SMALLEST = 16
LUMINANCE = np.array([0.299, 0.587, 0.114])
"""Of red, green and blue (ITU-R BT.601)."""
PEAK, SURROUNDINGS = 1, 2
"""Bins that a frequency spreads to either side under a Hann window, and bins that it is compared with."""


def checkerboard_energy(images: np.ndarray) -> np.ndarray:
    """Share of each image's spectral energy that stands out at the stride-2 frequencies (report 003, section 4.7).

    A deconvolution of stride 2 treats every second pixel alike (Odena et al. 2016); after two of them every fourth
    is: their patterns consist of the 15 frequencies (i/4, j/4) cycles per pixel other than 0. Of the luminance, less
    its mean and under a Hann window (else the jump from edge to edge leaks in), this is the power of the 3x3 bins
    around each of them, less what the mean of the 16 bins around those lets expect, divided by the whole power.

    So 1 is an image that repeats itself after 2 or 4 pixels, and 0 a constant one. White noise and photographs have
    0 on average, single ones a little more or less, the fewer pixels the more so; a long edge along rows or columns
    has up to 0.03 in 32x32 pixels, 0.01 in 64x64 and 0.002 in 128x128.

    images: (N, H, W, 3) uint8; rows and columns beyond a multiple of 4 are left out. Returns (N,) float64.
    Raises UserError for images smaller than 16x16.
    """
    height, width = (side - side % PERIOD for side in images.shape[1:3])
    if min(height, width) < SMALLEST:
        raise UserError(f"checkerboard energy needs images of at least {SMALLEST}x{SMALLEST}, got {height}x{width}")
    window = np.outer(_hann(height), _hann(width))
    return np.array([_excess(image[:height, :width] @ LUMINANCE, window) for image in images])


def _hann(samples: int) -> np.ndarray:
    """Return the periodic Hann window; equal to the bit to that of scipy.signal, which takes a second to import."""
    return 0.5 + 0.5 * np.cos(np.linspace(-np.pi, np.pi, samples + 1)[:-1])


def _excess(luminance: np.ndarray, window: np.ndarray) -> float:
    power = np.abs(np.fft.fft2((luminance - np.average(luminance, weights=window)) * window)) ** 2
    if power.sum() < 1e-6:  # constant, but for rounding
        return 0.0
    inner, outer = (_power_around(power, reach) for reach in (PEAK, SURROUNDINGS))
    bins = [(2 * reach + 1) ** 2 for reach in (PEAK, SURROUNDINGS)]
    return (inner - (outer - inner) * bins[0] / (bins[1] - bins[0])) / power.sum()


def _power_around(power: np.ndarray, reach: int) -> float:
    """Sum of the bins at most `reach` rows and columns from the stride-2 frequencies."""
    rows, columns = (np.add.outer(np.arange(0, n, n // PERIOD), np.arange(-reach, reach + 1)) % n for n in power.shape)
    around = power[rows[:, None, :, None], columns[None, :, None, :]].sum(axis=(2, 3))
    return around.sum() - around[0, 0]
