"""Precision and recall of generated images, by k-nearest-neighbour hyperspheres."""

from collections.abc import Iterator

import numpy as np
from scipy.spatial.distance import cdist

from pixcycle.errors import UserError

BLOCK = 2**24
"""Distances held at a time; 64 MB for each of the few arrays of them."""


def precision_recall(real: np.ndarray, fake: np.ndarray, k: int = 3) -> tuple[float, float]:
    """Share of fake points in the real manifold, of real points in the fake one (report 000, eq. 7 and 8).

    The manifold of a set is the union of the hyperspheres around its points, each reaching to the point's
    k-th nearest neighbour in the set, the point itself not counted. The report prints f = 1 if the distance
    is within the radius "for all" phi' of the set. It must mean "there is": its next sentence says "the
    hypersphere of any phi'", and the paper it follows says the same (Kynkaanniemi et al. 2019).

    real: (N, D), fake: (M, D), any float type; Euclidean distances in float64. The report does not state k.
    Memory: about 0.4 GB, a float32 copy of the features, and a float64 copy of those in reach of one point.
    Raises UserError if a set has fewer than k + 1 images.
    """
    if min(len(real), len(fake)) <= k:
        raise UserError(
            f"precision and recall with k = {k} need at least {k + 1} images a set, got {len(real)} real and"
            f" {len(fake)} generated"
        )
    return _share_inside(fake, real, _radii(real, k)), _share_inside(real, fake, _radii(fake, k))


def _radii(points: np.ndarray, k: int) -> np.ndarray:
    """Distance (N,) of each point to its k-th nearest neighbour; place 0 among all is the point itself."""
    radii = np.empty(len(points))
    for first, lower, upper in _squared_distances(points, points):
        in_reach = lower <= np.partition(upper, k, axis=1)[:, k, None]
        for row, near in enumerate(in_reach, start=first):
            radii[row] = np.partition(cdist(points[row, None], points[near])[0], k)[k]
    return radii


def _share_inside(points: np.ndarray, centres: np.ndarray, radii: np.ndarray) -> float:
    """Share of the points that are in a hypersphere or on its surface."""
    count, squares = 0, (radii**2).astype(np.float32)
    for first, lower, upper in _squared_distances(points, centres):
        inside = (upper <= squares).any(axis=1)
        for row in np.flatnonzero(~inside):
            near = lower[row] <= squares
            inside[row] = (cdist(points[first + row, None], centres[near])[0] <= radii[near]).any()
        count += inside.sum()
    return float(count / len(points))


def _squared_distances(points: np.ndarray, others: np.ndarray) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """(first row, lower, upper): bounds on the squared distances from a block of points to all others, in float32.

    |x|^2 + |y|^2 - 2 x.y is a product of matrices, tens of times as fast as differences, but cancels: in float32 it is
    off by up to (D + 10) 2^-24 (|x|^2 + |y|^2), to first order. The bounds are twice as far away. Where they leave
    a question open, the caller asks `cdist`. Differences do not change if the same is subtracted from all points,
    and the mean makes their norms small.
    """
    centre = others.mean(axis=0, dtype=np.float64)

    def centred(features: np.ndarray) -> np.ndarray:
        return np.subtract(features, centre, out=np.empty(features.shape, np.float32), casting="same_kind")

    y = centred(others)
    x = y if points is others else centred(points)  # of one and the same, NumPy computes half
    x_norms, y_norms = (np.einsum("nd,nd->n", each, each, dtype=np.float64).astype(np.float32) for each in (x, y))
    slack = (points.shape[1] + 10) * np.finfo(np.float32).eps
    rows = max(1, BLOCK // len(y))
    for first in range(0, len(x), rows):
        block = slice(first, first + rows)
        norms = np.add.outer(x_norms[block], y_norms)
        products = x[block] @ y.T
        products *= 2
        yield first, (1 - slack) * norms - products, (1 + slack) * norms - products
