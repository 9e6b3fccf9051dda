"""Frechet inception distance between two sets of features."""

import numpy as np

from pixcycle.errors import UserError


def fid(real: np.ndarray, fake: np.ndarray) -> float:
    """|mu_r - mu_g|^2 + Tr(C_r + C_g - 2 (C_r C_g)^(1/2)) (report 000, eq. 9), covariances with N - 1.

    With centred features scaled so that C_r = A^T A and C_g = B^T B, the non-zero eigenvalues of C_r C_g are
    those of (A B^T)(A B^T)^T, so Tr (C_r C_g)^(1/2) is the sum of the singular values of A B^T. That matrix
    has a row per real and a column per fake image: with fewer images than dimensions it is small, and exact
    where the square root of the rank-deficient D x D product is not. A set of more than D images is first
    reduced to D rows with the same covariance.

    real: (N, D), fake: (M, D), any float type; computed in float64. Zero for equal moments, up to rounding.
    Raises UserError if a set has fewer than 2 images.
    """
    if min(len(real), len(fake)) < 2:
        raise UserError(f"FID needs at least 2 images a set, got {len(real)} real and {len(fake)} generated")
    real, fake = real.astype(np.float64), fake.astype(np.float64)
    mean_gap = real.mean(axis=0) - fake.mean(axis=0)
    a, b = _covariance_factor(real), _covariance_factor(fake)
    trace_of_root = np.linalg.norm(a @ b.T, "nuc")
    return float(mean_gap @ mean_gap + np.sum(a**2) + np.sum(b**2) - 2 * trace_of_root)


def _covariance_factor(features: np.ndarray) -> np.ndarray:
    """A matrix A of min(N, D) rows with A^T A = covariance of the features (N, D)."""
    count, dimension = features.shape
    factor = (features - features.mean(axis=0)) / np.sqrt(count - 1)
    return np.linalg.qr(factor, mode="r") if count > dimension else factor
