"""Precision and recall of generated images, by k-nearest-neighbour hyperspheres."""

import numpy as np
from scipy.spatial.distance import cdist

from pixcycle.errors import UserError


def precision_recall(real: np.ndarray, fake: np.ndarray, k: int = 3) -> tuple[float, float]:
    """Share of fake points in the real manifold, of real points in the fake one (report 000, eq. 7 and 8).

    The manifold of a set is the union of the hyperspheres around its points, each reaching to the point's
    k-th nearest neighbour in the set, the point itself not counted. The report prints f = 1 if the distance
    is within the radius "for all" phi' of the set. It must mean "there is": its next sentence says "the
    hypersphere of any phi'", and the paper it follows says the same (Kynkaanniemi et al. 2019).

    real: (N, D), fake: (M, D), any float type; Euclidean distances in float64. The report does not state k.
    Raises UserError if a set has fewer than k + 1 images.
    """
    if min(len(real), len(fake)) <= k:
        raise UserError(
            f"precision and recall with k = {k} need at least {k + 1} images a set, got {len(real)} real and"
            f" {len(fake)} generated"
        )
    distances = cdist(real, fake)
    precision = np.any(distances <= _radii(real, k)[:, None], axis=0).mean()
    recall = np.any(distances <= _radii(fake, k)[None, :], axis=1).mean()
    return float(precision), float(recall)


def _radii(points: np.ndarray, k: int) -> np.ndarray:
    """Distance (N,) of each point to its k-th nearest neighbour; place 0 of each row is the point itself."""
    return np.partition(cdist(points, points), k, axis=1)[:, k]
