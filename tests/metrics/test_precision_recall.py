import tracemalloc

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from torch_fidelity.metric_prc import KEY_METRIC_PRECISION, KEY_METRIC_RECALL, prc_features_to_metric

from pixcycle.base.errors import UserError
from pixcycle.metrics import precision_recall as module
from pixcycle.metrics.precision_recall import precision_recall


def cloud(seed: int, count: int, scale: float, centre: float = 0.0, dimension: int = 8) -> np.ndarray:
    return np.random.default_rng(seed).normal(centre, scale, (count, dimension))


def precision_recall_by_loops(real, fake, k):
    def distance(a, b):
        return sum((p - q) ** 2 for p, q in zip(a, b, strict=True)) ** 0.5

    def share_inside(points, reference):
        radii = [
            sorted(distance(a, b) for j, b in enumerate(reference) if j != i)[k - 1] for i, a in enumerate(reference)
        ]
        inside = [
            any(distance(point, a) <= radius for a, radius in zip(reference, radii, strict=True)) for point in points
        ]
        return sum(inside) / len(points)

    return share_inside(fake, real), share_inside(real, fake)


def precision_recall_by_all_distances(real, fake, k):
    radii_real, radii_fake = (np.sort(cdist(points, points), axis=1)[:, k] for points in (real, fake))
    distances = cdist(real, fake)
    inside = (distances <= radii_real[:, None]).any(axis=0), (distances <= radii_fake).any(axis=1)
    return tuple(float(share.mean()) for share in inside)


def test_precision_recall_of_tight_fake_cluster_in_wide_real_cloud():
    precision, recall = precision_recall(cloud(1, 200, scale=1.0), cloud(2, 200, scale=0.01))
    assert precision == 1.0
    assert recall < 0.05


def test_precision_recall_of_wide_fake_cloud_around_tight_real_cluster():
    precision, recall = precision_recall(cloud(3, 200, scale=0.01), cloud(4, 200, scale=1.0))
    assert precision < 0.05
    assert recall == 1.0


def test_precision_recall_of_half_the_modes_are_1_and_one_half():
    here, there = cloud(5, 50, 1.0, centre=0.0), cloud(6, 50, 1.0, centre=1000.0)
    assert precision_recall(np.concatenate([here, there]), here) == (1.0, 0.5)


def test_precision_recall_are_0_for_distant_sets_and_1_for_equal_sets():
    real, far = cloud(7, 30, 1.0), cloud(8, 30, 1.0, centre=1000.0)
    assert precision_recall(real, far) == (0.0, 0.0)
    assert precision_recall(real, real) == (1.0, 1.0)


def test_precision_radius_reaches_kth_other_point_inclusive():
    real = np.array([[0.0], [1.0], [2.0], [3.0]])  # radii for k = 2: 2, 1, 1, 2
    fake = np.array([[-2.0], [5.0], [5.1], [-2.1]])
    precision, _ = precision_recall(real, fake, k=2)
    assert precision == 0.5


@pytest.mark.parametrize("k", [1, 3, 5])
def test_precision_recall_equal_loop_over_definition(k):
    real, fake = cloud(9, 25, 1.0, dimension=3), cloud(10, 18, 0.8, centre=1.5, dimension=3)
    expected = precision_recall_by_loops(real, fake, k)
    assert all(0 < share < 1 for share in expected)
    assert precision_recall(real, fake, k) == pytest.approx(expected)


@pytest.mark.parametrize("k", [3, 5])
def test_precision_recall_equal_torch_fidelity(k):
    real, fake = cloud(11, 120, 1.0, dimension=32), cloud(12, 90, 0.95, centre=0.15, dimension=32)
    theirs = prc_features_to_metric(torch.from_numpy(fake), torch.from_numpy(real), prc_neighborhood=k, verbose=False)
    precision, recall = precision_recall(real, fake, k)
    assert 0 < recall < 1 and precision != recall
    assert precision == pytest.approx(theirs[KEY_METRIC_PRECISION])
    assert recall == pytest.approx(theirs[KEY_METRIC_RECALL])


def test_precision_recall_refuse_too_few_images_for_k():
    with pytest.raises(UserError, match=r"k = 3 need at least 4 images.* 3 real and 9 generated"):
        precision_recall(cloud(13, 3, 1.0), cloud(14, 9, 1.0))


def near_duplicates():
    """Return points that differ in their last float32 digits only, far from 0: |x|^2 + |y|^2 - 2xy is all rounding."""
    points = cloud(15, 10, 1.0, centre=100.0, dimension=64).astype(np.float32)
    jitter = np.random.default_rng(16).integers(-3, 4, (2, 80, 64)).astype(np.float32)
    return [np.tile(points, (8, 1)) + steps * np.spacing(points.max()) for steps in jitter]


def lattice():
    """Return lattice points, between which thousands of distances are equal."""
    points = np.random.default_rng(17).integers(0, 3, (2, 150, 6)).astype(np.float64)
    return list(points + np.array([1 / 3] * 6))


def copies_among_others():
    """Return fakes that include real points: the neighbours that bound radii are fakes too, each on a surface."""
    real = cloud(18, 60, 1.0, dimension=300).astype(np.float32)
    return real, np.concatenate([real[:30], cloud(19, 40, 1.2, dimension=300).astype(np.float32)])


def clusters_far_apart():
    """Return clusters so far from the mean that float32 does not resolve the distances within one."""
    return [np.concatenate([cloud(s, 40, 1e-3, centre=c) for c in (-500.0, 0.0, 500.0)]) for s in (20, 21)]


def collapsed():
    """Return fakes that are all equal."""
    real = cloud(22, 50, 1.0, dimension=100)
    return real, np.tile(real[:1] + 0.1, (70, 1))


@pytest.mark.parametrize("sets", [near_duplicates, lattice, copies_among_others, clusters_far_apart, collapsed])
@pytest.mark.parametrize("k", [1, 3])
def test_precision_recall_equal_all_distances_in_ill_conditioned_cases(sets, k, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 7 * 150)  # several blocks, the last one not full
    real, fake = sets()
    assert precision_recall(real, fake, k) == precision_recall_by_all_distances(real, fake, k)
    assert precision_recall(fake, real, k) == precision_recall_by_all_distances(fake, real, k)


def test_squared_distances_lie_within_tight_bounds():
    real, fake = cloud(23, 50, 1.0, 3.0, 2048).astype(np.float32), cloud(24, 60, 1.0, 3.0, 2048).astype(np.float32)
    [(first, lower, upper)] = module._squared_distances(real, fake)
    squares = cdist(real, fake, "sqeuclidean")
    assert first == 0
    assert (lower < squares).all() and (squares < upper).all()
    assert (upper - lower).max() < 1e-3 * squares.min()


def test_precision_recall_memory_is_not_quadratic(monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 2**16)
    peaks = []
    for count in (1000, 4000):
        real, fake = cloud(25, count, 1.0, dimension=4), cloud(26, count, 1.0, dimension=4)
        tracemalloc.start()
        precision_recall(real, fake)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]  # quadratic growth would be 16-fold
