"""Kernel inception distance between two sets of features."""

import numpy as np

from pixcycle.base.errors import UserError
from pixcycle.metrics.bootstrap import Draws, draws
from pixcycle.metrics.metric import Images, Metric, Score


def kid(
    real: np.ndarray, fake: np.ndarray, seed: int, subset_size: int = 100, subsets: int = 100
) -> tuple[float, float]:
    """Return mean and standard deviation, over random subsets, of the unbiased MMD^2 (Binkowski et al. 2018).

    The kernel is k(x, y) = (x.y / D + 1)^3. Each subset draws m = min(subset_size, N, M) images from either set
    without replacement. Equal distributions give values around 0, so slightly negative values are valid.

    Parameters
    ----------
    real, fake
        Features (N, D) and (M, D), any float type; computed in float64.
    seed
        Draws the same subsets as the same seed in torch-fidelity.

    Raises
    ------
    UserError
        If a set has fewer than 2 images.
    """
    size = min(subset_size, len(real), len(fake))
    if size < 2:
        raise UserError(f"KID needs at least 2 images per set, got {len(real)} real and {len(fake)} generated")
    generator = np.random.RandomState(seed)
    values = []
    for _ in range(subsets):
        fake_subset = fake[generator.choice(len(fake), size, replace=False)]
        real_subset = real[generator.choice(len(real), size, replace=False)]
        values.append(mmd2(real_subset.astype(np.float64), fake_subset.astype(np.float64)))
    return float(np.mean(values)), float(np.std(values))


def mmd2(x: np.ndarray, y: np.ndarray) -> float:
    """Return the unbiased estimate of the squared maximum mean discrepancy between x and y, both (m, D).

    sum_{i != j} (k(x_i, x_j) + k(y_i, y_j)) / (m (m - 1)) - 2 sum_{i, j} k(x_i, y_j) / m^2
    """
    size = len(x)
    k_xx, k_yy, k_xy = _kernel(x, x), _kernel(y, y), _kernel(x, y)
    within = k_xx.sum() - np.trace(k_xx) + k_yy.sum() - np.trace(k_yy)
    return float(within / (size * (size - 1)) - 2 * k_xy.mean())


def resampled_mmd2(real: np.ndarray, fake: np.ndarray, samples: Draws) -> np.ndarray:
    """Return the squared maximum mean discrepancy of each sample of all images.

    Pairs of draws of one image are left out, and those that remain, on average (m - 1)^2 of m images, are the divisor.
    The mean over samples is therefore that of `mmd2`.

    Parameters
    ----------
    real, fake
        Features (M, D) and (N, D), any float type; computed in float64.
    """
    x, y = real.astype(np.float64), fake.astype(np.float64)
    across = ((samples.real @ _kernel(x, y)) * samples.fake).sum(axis=1) / (len(x) * len(y))
    return _within(x, samples.real) + _within(y, samples.fake) - 2 * across


def _within(x: np.ndarray, counts: np.ndarray) -> np.ndarray:
    kernel = _kernel(x, x)
    np.fill_diagonal(kernel, 0)
    return ((counts @ kernel) * counts).sum(axis=1) / (len(x) - 1) ** 2


def _kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (x @ y.T / x.shape[1] + 1) ** 3


def _measure(images: Images) -> dict[str, float]:
    mean, deviation = kid(images.real_features.vectors, images.fake_features.vectors, images.seed)
    return {"kid": mean, "kid_std": deviation}


def _resample(images: Images) -> dict[str, np.ndarray]:
    return {"kid": resampled_mmd2(images.real_features.vectors, images.fake_features.vectors, draws(images))}


METRIC = Metric(
    scores=(Score("kid", "KID", digits=4, better="lower", versioned=True),),
    measure=_measure,
    resample=_resample,
    needs=("real_features", "fake_features"),
    fewest=lambda images: 2,
    words="KID @cite-binkowski2018",
    in_all_tables=False,
    recipe=0,
    position=20,
)
