"""Frechet inception distance between two sets of features."""

import numpy as np

from pixcycle.base.errors import UserError
from pixcycle.metrics.bootstrap import Draws, draws
from pixcycle.metrics.metric import Images, Metric, Score

ROWS = 4096
"""Number of images whose features are held in float64 at a time."""


def fid(real: np.ndarray, fake: np.ndarray) -> float:
    """Return |mu_r - mu_g|^2 + Tr(C_r + C_g - 2 (C_r C_g)^(1/2)) (report 000, eq. 9), covariances with N - 1.

    With centred features scaled so that C_r = A^T A and C_g = B^T B, the non-zero eigenvalues of C_r C_g are
    those of (A B^T)(A B^T)^T, so Tr (C_r C_g)^(1/2) is the sum of the singular values of A B^T. This matrix
    has a row per real and a column per fake image. With fewer images than dimensions it is small, and accurate
    where the square root of the rank-deficient D x D product is not. A set of more than D images is first
    reduced to at most D rows with the same covariance.

    Parameters
    ----------
    real, fake
        Features (N, D) and (M, D), any float type.

    Returns
    -------
    The distance, computed in float64, accurate to about 1e-7 of the trace of the covariances.

    Raises
    ------
    UserError
        If a set has fewer than 2 images.
    """
    if min(len(real), len(fake)) < 2:
        raise UserError(f"FID needs at least 2 images per set, got {len(real)} real and {len(fake)} generated")
    mean_gap = real.mean(axis=0, dtype=np.float64) - fake.mean(axis=0, dtype=np.float64)
    a, b = _covariance_factor(real), _covariance_factor(fake)
    trace_of_root = _sum_of_singular_values(a @ b.T if len(a) < len(b) else b @ a.T)
    return float(mean_gap @ mean_gap + np.sum(a**2) + np.sum(b**2) - 2 * trace_of_root)


def resampled_fid(real: np.ndarray, fake: np.ndarray, samples: Draws) -> np.ndarray:
    """Return `fid` of each sample of the images.

    With X and Y the features, all terms follow from X X^T, Y Y^T and X Y^T: A B^T is X Y^T, centred with the sample's
    means, its rows and columns times the square roots of the draws. Images that were not drawn are left out of it.

    Parameters
    ----------
    real, fake
        Features (M, D) and (N, D), any float type.
    """
    centre = real.mean(axis=0, dtype=np.float64)  # near both sets, so that differences of large products are exact
    x, y = real - centre, fake - centre
    xx, yy, xy = x @ x.T, y @ y.T, x @ y.T
    return np.array([_fid_of_draws(xx, yy, xy, r, f) for r, f in zip(samples.real, samples.fake, strict=True)])


def _fid_of_draws(xx: np.ndarray, yy: np.ndarray, xy: np.ndarray, r: np.ndarray, f: np.ndarray) -> float:
    """Return the FID of M real and N generated images, drawn r and f times: integers (M,) and (N,)."""
    m, n = xy.shape
    mean_xx, mean_yy, mean_xy = r @ xx @ r / m**2, f @ yy @ f / n**2, r @ xy @ f / (m * n)
    traces = (r @ xx.diagonal() - m * mean_xx) / (m - 1) + (f @ yy.diagonal() - n * mean_yy) / (n - 1)
    rows, columns = r > 0, f > 0
    centred = xy[np.ix_(rows, columns)] - (xy @ f / n)[rows, None] - (r @ xy / m)[columns] + mean_xy
    product = centred * np.sqrt(np.outer(r[rows] / (m - 1), f[columns] / (n - 1)))
    root = _sum_of_singular_values(product if rows.sum() < columns.sum() else product.T)
    return float(mean_xx + mean_yy - 2 * mean_xy + traces - 2 * root)


def _covariance_factor(features: np.ndarray) -> np.ndarray:
    """Return a matrix A of at most min(N, D) rows such that A^T A is the covariance of the features (N, D)."""
    count, dimension = features.shape
    mean = features.mean(axis=0, dtype=np.float64)
    if count <= dimension:
        return (features - mean) / np.sqrt(count - 1)
    scatter = np.zeros((dimension, dimension))
    for first in range(0, count, ROWS):
        centred = features[first : first + ROWS] - mean
        scatter += centred.T @ centred
    values, vectors = np.linalg.eigh(scatter / (count - 1))
    present = values >= dimension * np.finfo(float).eps * values[-1]  # smaller ones are rounding
    return np.sqrt(values[present])[:, None] * vectors[:, present].T


def _sum_of_singular_values(matrix: np.ndarray) -> float:
    """Return the sum of the singular values of M, from the eigenvalues of M M^T.

    This takes a third of the time of a singular value decomposition, but a value s is off by about 1e-16 s_max^2 / s,
    or 1e-8 s_max if s is zero. If these errors add up to more than 1e-7 of the sum, as they do with many equal images,
    the decomposition is used instead.
    """
    squares = np.linalg.eigvalsh(matrix @ matrix.T).clip(min=0)
    values, noise = np.sqrt(squares), np.finfo(float).eps * squares[-1]
    error = np.sum(noise / np.sqrt(np.maximum(squares, noise))) if noise else 0.0
    return float(np.linalg.norm(matrix, "nuc") if error > 1e-7 * values.sum() else values.sum())


def _resample(images: Images) -> dict[str, np.ndarray]:
    return {"fid": resampled_fid(images.real_features.vectors, images.fake_features.vectors, draws(images))}


METRIC = Metric(
    scores=(Score("fid", "FID", digits=2, better="lower", versioned=True),),
    measure=lambda images: {"fid": fid(images.real_features.vectors, images.fake_features.vectors)},
    resample=_resample,
    needs=("real_features", "fake_features"),
    fewest=lambda images: 2,
    words="FID @cite-heusel2017",
    in_all_tables=False,
    recipe=0,
    position=10,
)
