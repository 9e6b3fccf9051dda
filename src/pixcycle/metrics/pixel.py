"""Distances between generated images and their ground truth, for paired tasks."""

import numpy as np

from pixcycle.base.errors import UserError
from pixcycle.metrics.metric import Images, Metric, Score

SSIM_WINDOW = 11  # side in pixels of the Gaussian window of sigma 1.5 (Wang et al. 2004)


def l1(fake: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Return the mean absolute error of each image on the scale [0, 1] (pixel value / 255), half of that on [-1, 1].

    Parameters
    ----------
    fake, real
        uint8 (N, H, W, 3): images, and the ground truth of each at the same index.

    Returns
    -------
    float64 (N,).
    """
    return np.array([np.abs(_difference(*pair)).mean() / 255 for pair in _pairs(fake, real)])


def psnr(fake: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Return the peak signal-to-noise ratio 10 log10(255^2 / MSE) of each image in dB; infinite for equal images.

    Parameters
    ----------
    fake, real
        uint8 (N, H, W, 3).

    Returns
    -------
    float64 (N,).
    """
    errors = np.array([np.square(_difference(*pair)).mean() for pair in _pairs(fake, real)])
    with np.errstate(divide="ignore"):
        return 10 * np.log10(255**2 / errors)


def ssim(fake: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Return each image's structural similarity (Wang et al. 2004: Gaussian window, sigma 1.5), averaged over channels.

    Parameters
    ----------
    fake, real
        uint8 (N, H, W, 3).

    Returns
    -------
    float64 (N,), at most 1.

    Raises
    ------
    UserError
        If the images are smaller than the window of 11x11 pixels.
    """
    from skimage.metrics import structural_similarity  # imported late: unpaired tasks do not need it

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
            f"expected two uint8 arrays of the same shape, got {fake.shape} {fake.dtype} and {real.shape} {real.dtype}"
        )
    return zip(fake, real, strict=True)


def _difference(fake: np.ndarray, real: np.ndarray) -> np.ndarray:
    return fake.astype(np.float64) - real


def _measure(images: Images) -> dict[str, float]:
    fakes, pairs = images.fakes, images.pairs
    return {
        "l1": float(l1(fakes, pairs).mean()),
        "psnr": float(psnr(fakes, pairs).mean()),
        "ssim": float(ssim(fakes, pairs).mean()),
    }


METRIC = Metric(
    scores=(
        Score("l1", "Pixel L1", digits=4, better="lower", versioned=True),
        Score("psnr", "PSNR (dB)", digits=2, better="higher", unbounded=True),
        Score("ssim", "SSIM", digits=3, better="higher"),
    ),
    measure=_measure,
    needs=("fakes", "pairs"),
    words="L1, PSNR and SSIM @cite-wang2004",
    in_all_tables=False,
    recipe=0,
    position=40,
)
