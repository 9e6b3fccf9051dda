"""Precision and recall of generated images, from k-nearest-neighbour hyperspheres."""

from collections.abc import Iterator

import numpy as np

from pixcycle.base.errors import UserError
from pixcycle.metrics.metric import Images, Metric, Score

BLOCK = 2**24
"""Number of distances held at a time: 64 MB in each of a few arrays."""


def precision_recall(real: np.ndarray, fake: np.ndarray, k: int = 3) -> tuple[float, float]:
    """Return the shares of fake points in the real manifold and real points in the fake one (report 000, eq. 7 and 8).

    The manifold of a set is the union of the hyperspheres around its points, each reaching to the point's
    k-th nearest neighbour in the set, the point itself not counted. The report prints f = 1 if the distance
    is within the radius "for all" phi' of the set. It must mean "there is": its next sentence says "the
    hypersphere of any phi'", and the paper it follows says the same (Kynkaanniemi et al. 2019).

    Distances are Euclidean, in float64. Memory: about 0.4 GB, a float32 copy of the features, and a float64 copy of
    those within reach of one point.

    Parameters
    ----------
    real, fake
        Features (N, D) and (M, D), any float type.
    k
        Neighbour that sets the radius. The report does not state it.

    Returns
    -------
    precision, recall

    Raises
    ------
    UserError
        If a set has fewer than k + 1 images.
    """
    if min(len(real), len(fake)) <= k:
        raise UserError(
            f"precision and recall with k = {k} need at least {k + 1} images per set, got {len(real)} real and"
            f" {len(fake)} generated"
        )
    return _share_inside(fake, real, _radii(real, k)), _share_inside(real, fake, _radii(fake, k))


def _radii(points: np.ndarray, k: int) -> np.ndarray:
    """Return the distance (N,) of each point to its k-th nearest neighbour; neighbour 0 is the point itself."""
    from scipy.spatial.distance import cdist  # imported late: listing the metrics does not need SciPy

    radii = np.empty(len(points))
    for first, lower, upper in _squared_distances(points, points):
        in_reach = lower <= np.partition(upper, k, axis=1)[:, k, None]
        for row, near in enumerate(in_reach, start=first):
            radii[row] = np.partition(cdist(points[row, None], points[near])[0], k)[k]
    return radii


def _share_inside(points: np.ndarray, centres: np.ndarray, radii: np.ndarray) -> float:
    """Return the share of points that lie in a hypersphere or on its surface."""
    from scipy.spatial.distance import cdist

    count, squares = 0, (radii**2).astype(np.float32)
    for first, lower, upper in _squared_distances(points, centres):
        inside = (upper <= squares).any(axis=1)
        for row in np.flatnonzero(~inside):
            near = lower[row] <= squares
            inside[row] = (cdist(points[first + row, None], centres[near])[0] <= radii[near]).any()
        count += inside.sum()
    return float(count / len(points))


def _squared_distances(points: np.ndarray, others: np.ndarray) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield (first row, lower, upper): float32 bounds on the squared distances from a block of points to all others.

    |x|^2 + |y|^2 - 2 x.y is a matrix product, tens of times as fast as differences, but suffers from cancellation: in
    float32 it is off by up to (D + 10) 2^-24 (|x|^2 + |y|^2), to first order. The bounds are twice as far away. Where
    they do not decide a comparison, the caller computes the distance with `cdist`. Subtracting the mean from all points
    leaves distances unchanged and makes the norms small.
    """
    centre = others.mean(axis=0, dtype=np.float64)

    def centred(features: np.ndarray) -> np.ndarray:
        return np.subtract(features, centre, out=np.empty(features.shape, np.float32), casting="same_kind")

    y = centred(others)
    x = y if points is others else centred(points)  # NumPy computes half of y @ y.T
    x_norms, y_norms = (np.einsum("nd,nd->n", v, v, dtype=np.float64).astype(np.float32) for v in (x, y))
    slack = (points.shape[1] + 10) * np.finfo(np.float32).eps
    rows = max(1, BLOCK // len(y))
    for first in range(0, len(x), rows):
        block = slice(first, first + rows)
        norms = np.add.outer(x_norms[block], y_norms)
        products = x[block] @ y.T
        products *= 2
        yield first, (1 - slack) * norms - products, (1 + slack) * norms - products


def _measure(images: Images) -> dict[str, float]:
    real, fake = images.real_features.vectors, images.fake_features.vectors
    precision, recall = precision_recall(real, fake, images.neighbours)
    return {"precision": precision, "recall": recall}


METRIC = Metric(
    scores=(
        Score("precision", "Precision", digits=2, better="higher", versioned=True),
        Score("recall", "Recall", digits=2, better="higher", versioned=True),
    ),
    measure=_measure,
    needs=("real_features", "fake_features"),
    fewest=lambda images: images.neighbours + 1,
    words="precision and recall @cite-kynkaanniemi2019",
    in_all_tables=False,
    recipe=0,
    position=30,
)
