"""Distances between generated images and their ground truth, for paired tasks."""

import numpy as np

from pixcycle.errors import UserError

SSIM_WINDOW = 11  # pixels a side that a Gaussian of sigma 1.5 needs, as Wang et al. (2004) set it


def l1(fake: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Mean absolute error of each image on the scale [0, 1] (pixel value / 255); half the one on [-1, 1].

    fake, real: (N, H, W, 3) uint8, one image and its truth at the same place. Returns (N,) float64.
    """
    return np.array([np.abs(_difference(*pair)).mean() / 255 for pair in _pairs(fake, real)])


def psnr(fake: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Peak signal-to-noise ratio 10 log10(255^2 / MSE) of each image in dB; infinite for equal images.

    fake, real: (N, H, W, 3) uint8. Returns (N,) float64.
    """
    errors = np.array([np.square(_difference(*pair)).mean() for pair in _pairs(fake, real)])
    with np.errstate(divide="ignore"):
        return 10 * np.log10(255**2 / errors)


def ssim(fake: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Structural similarity of each image (Wang et al. 2004: Gaussian window, sigma 1.5), mean over channels.

    fake, real: (N, H, W, 3) uint8. Returns (N,) float64, at most 1.
    Raises UserError for images smaller than the window of 11x11 pixels.
    """
    from skimage.metrics import structural_similarity  # late: unpaired tasks do not need it

    height, width = fake.shape[1:3]
    if min(height, width) < SSIM_WINDOW:
        raise UserError(f"SSIM needs images of at least {SSIM_WINDOW}x{SSIM_WINDOW} pixels, got {height}x{width}")
    return np.array(
        [
            structural_similarity(
                *pair,
                data_range=255,
                channel_axis=-1,
                gaussian_weights=True,
                sigma=1.5,
                use_sample_covariance=False,
            )
            for pair in _pairs(fake, real)
        ]
    )


def _pairs(fake: np.ndarray, real: np.ndarray) -> zip:
    if fake.shape != real.shape or fake.dtype != np.uint8 or real.dtype != np.uint8:
        raise ValueError(
            f"need two uint8 arrays of one shape, got {fake.shape} {fake.dtype} and {real.shape} {real.dtype}"
        )
    return zip(fake, real, strict=True)


def _difference(fake: np.ndarray, real: np.ndarray) -> np.ndarray:
    return fake.astype(np.float64) - real
