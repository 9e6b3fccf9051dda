import numpy as np
import pytest
import torch
from torch_fidelity.metric_kid import KEY_METRIC_KID_MEAN, KEY_METRIC_KID_STD, kid_features_to_metric

from pixcycle.base.errors import UserError
from pixcycle.metrics.bootstrap import Draws
from pixcycle.metrics.kid import kid, mmd2, resampled_mmd2


def features(seed: int, count: int, dimension: int = 16, centre: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(centre, 1.0, (count, dimension))


def mmd2_by_loops(x: np.ndarray, y: np.ndarray) -> float:
    def kernel(a, b):
        return (sum(p * q for p, q in zip(a, b, strict=True)) / len(a) + 1) ** 3

    m = len(x)
    pairs = [(i, j) for i in range(m) for j in range(m) if i != j]
    within = sum(kernel(x[i], x[j]) + kernel(y[i], y[j]) for i, j in pairs) / (m * (m - 1))
    return within - 2 * sum(kernel(a, b) for a in x for b in y) / m**2


def test_kid_of_full_subset_is_double_sum_of_definition():
    real, fake = features(1, 9), features(2, 9, centre=0.5)
    mean, std = kid(real, fake, seed=0, subsets=3)
    assert mean == pytest.approx(mmd2_by_loops(real, fake))
    assert std == pytest.approx(0.0, abs=1e-12)


def test_kid_of_two_points_per_set_equals_value_by_hand():
    real, fake = np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]])
    # k(0,1) = 1, k(1,2) = 27; across: k(0,1) + k(0,2) + k(1,1) + k(1,2) = 1 + 1 + 8 + 27
    assert kid(real, fake, seed=0, subsets=1)[0] == pytest.approx(1 + 27 - 2 * 37 / 4)


@pytest.mark.parametrize(("n_real", "n_fake", "size"), [(60, 80, 25), (80, 60, 50)])
def test_kid_equals_torch_fidelity_with_same_seed(n_real, n_fake, size):
    real, fake = features(3, n_real), features(4, n_fake, centre=0.2)
    theirs = kid_features_to_metric(
        torch.from_numpy(fake),
        torch.from_numpy(real),
        kid_subsets=20,
        kid_subset_size=size,
        rng_seed=7,
        verbose=False,
    )
    mean, std = kid(real, fake, seed=7, subset_size=size, subsets=20)
    assert mean == pytest.approx(theirs[KEY_METRIC_KID_MEAN])
    assert std == pytest.approx(theirs[KEY_METRIC_KID_STD])


def test_kid_subsets_are_no_larger_than_smaller_set():
    real, fake = features(5, 12), features(6, 30, centre=0.3)
    assert kid(real, fake, seed=1) == kid(real, fake, seed=1, subset_size=12)


def test_kid_is_unbiased_so_equal_distributions_average_0():
    values = [kid(features(2 * i, 20), features(2 * i + 1, 20), seed=0, subsets=1)[0] for i in range(400)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(400)
    assert min(values) < 0


def test_kid_seed_decides_subsets():
    real, fake = features(7, 50), features(8, 50)
    assert kid(real, fake, seed=1, subset_size=10) == kid(real, fake, seed=1, subset_size=10)
    assert kid(real, fake, seed=1, subset_size=10) != kid(real, fake, seed=2, subset_size=10)


def test_kid_refuses_single_image():
    with pytest.raises(UserError, match=r"at least 2 images.*got 1 real and 5 generated"):
        kid(np.zeros((1, 3)), np.zeros((5, 3)), seed=0)


def drawn(size: int, samples: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).multinomial(size, np.full(size, 1 / size), samples)


def test_resampled_mmd2_of_each_image_once_leaves_out_equal_pairs():
    real, fake = features(9, 9), features(10, 9, centre=0.5)
    once = Draws(np.ones((1, 9), int), np.ones((1, 9), int))
    across = 2 * np.mean((real @ fake.T / 16 + 1) ** 3)
    within = mmd2_by_loops(real, fake) + across
    assert resampled_mmd2(real, fake, once)[0] == pytest.approx(within * 9 / 8 - across)


def test_resampled_mmd2_has_mean_and_spread_of_kid_over_test_images():
    n = 60
    values = [mmd2(features(i, n), features(1000 + i, n, centre=0.3)) for i in range(300)]
    real, fake = features(0, n), features(1000, n, centre=0.3)
    samples = resampled_mmd2(real, fake, Draws(drawn(n, 4000, 1), drawn(n, 4000, 2)))
    assert samples.mean() == pytest.approx(values[0], abs=4 * samples.std() / 4000**0.5)
    spreads = [
        resampled_mmd2(
            features(i, n), features(1000 + i, n, centre=0.3), Draws(drawn(n, 200, 1), drawn(n, 200, 2))
        ).std()
        for i in range(30)
    ]
    assert np.mean(spreads) == pytest.approx(np.std(values), rel=0.15)
