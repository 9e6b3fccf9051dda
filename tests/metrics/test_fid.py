import numpy as np
import pytest
import torch
from torch_fidelity.metric_fid import KEY_METRIC_FID, fid_features_to_statistics, fid_statistics_to_metric

from pixcycle.base.errors import UserError
from pixcycle.metrics import fid as module
from pixcycle.metrics.bootstrap import Draws
from pixcycle.metrics.fid import fid, resampled_fid


def torch_fidelity_fid(real: np.ndarray, fake: np.ndarray) -> float:
    statistics = [fid_features_to_statistics(torch.from_numpy(features)) for features in (real, fake)]
    return fid_statistics_to_metric(*statistics, verbose=False)[KEY_METRIC_FID]


def samples_with_moments(mean: np.ndarray, covariance: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Return (count, D) points with exactly this empirical mean and covariance; needs count > D."""
    points = np.random.default_rng(seed).normal(size=(count, len(mean)))
    orthonormal, _ = np.linalg.qr(points - points.mean(axis=0))
    return mean + np.sqrt(count - 1) * orthonormal @ np.linalg.cholesky(covariance).T


def inception_like(count: int, dimension: int, shape: float, seed: int) -> np.ndarray:
    """Return positive, skewed, correlated float32 features."""
    mixing = np.random.default_rng(0).gamma(0.5, 1 / dimension, (dimension, dimension))
    features = np.random.default_rng(seed).gamma(shape, 1.0, (count, dimension)) @ mixing
    return features.astype(np.float32)


def test_fid_of_commuting_covariances_equals_closed_form():
    mean_r, mean_f = np.array([0.0, 1.0, 2.0]), np.array([1.0, 1.0, 0.0])
    sigma_r, sigma_f = np.array([1.0, 2.0, 3.0]), np.array([2.0, 0.5, 3.0])
    real = samples_with_moments(mean_r, np.diag(sigma_r**2), 10, seed=1)
    fake = samples_with_moments(mean_f, np.diag(sigma_f**2), 17, seed=2)
    # |mu_r - mu_f|^2 + sum (sigma_r - sigma_f)^2 = (1 + 0 + 4) + (1 + 2.25 + 0)
    assert fid(real, fake) == pytest.approx(8.25, abs=1e-10)


def test_fid_of_non_commuting_covariances_equals_closed_form_in_2d():
    c_r, c_f = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([[5.0, -2.0], [-2.0, 1.0]])
    real = samples_with_moments(np.zeros(2), c_r, 8, seed=3)
    fake = samples_with_moments(np.zeros(2), c_f, 9, seed=4)
    # For 2 x 2: Tr sqrt(M) = sqrt(Tr M + 2 sqrt(det M)); here Tr M = 9 and det M = 5 * 1.
    expected = 5 + 6 - 2 * np.sqrt(9 + 2 * np.sqrt(5))
    assert fid(real, fake) == pytest.approx(expected, abs=1e-10)


def test_fid_of_many_gaussian_samples_approaches_their_distance():
    generator = np.random.default_rng(5)
    real = generator.normal(0.0, 1.0, (40_000, 4))
    fake = generator.normal(0.5, 1.5, (40_000, 4))
    assert fid(real, fake) == pytest.approx(4 * 0.5**2 + 4 * 0.5**2, abs=0.05)


def test_fid_of_equal_sets_is_0_below_and_above_rank():
    generator = np.random.default_rng(6)
    for count in (20, 200):
        features = generator.normal(size=(count, 50))
        assert fid(features, features) == pytest.approx(0.0, abs=1e-8 * 50)  # of the trace


def test_fid_of_few_images_equals_fid_of_many_with_same_moments():
    """Repeating each image keeps mean and covariance up to N - 1, which stretching the copies corrects."""
    generator = np.random.default_rng(7)
    real, fake = generator.normal(size=(12, 30)), generator.gamma(1.0, size=(15, 30))

    def repeated(features: np.ndarray, times: int) -> np.ndarray:
        count, mean = len(features), features.mean(axis=0)
        stretch = np.sqrt((times * count - 1) / (times * (count - 1)))
        return np.tile(mean + stretch * (features - mean), (times, 1))

    expected = fid(repeated(real, 5), repeated(fake, 6))
    assert fid(real, fake) == pytest.approx(expected, rel=1e-9)
    assert fid(real, repeated(fake, 6)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("n_real", "n_fake", "dimension"), [(40, 33, 256), (40, 400, 256), (400, 300, 64)])
def test_fid_equals_torch_fidelity(n_real, n_fake, dimension):
    real = inception_like(n_real, dimension, 1.0, seed=8)
    fake = inception_like(n_fake, dimension, 1.3, seed=9)
    assert fid(real, fake) == pytest.approx(torch_fidelity_fid(real, fake), rel=1e-3)


def test_fid_is_symmetric_invariant_to_order_rotation_shift_and_quadratic():
    generator = np.random.default_rng(10)
    real, fake = generator.normal(size=(25, 40)), generator.gamma(2.0, size=(30, 40))
    value = fid(real, fake)
    rotation, _ = np.linalg.qr(generator.normal(size=(40, 40)))
    assert fid(fake, real) == pytest.approx(value)
    assert fid(real[::-1], generator.permutation(fake)) == pytest.approx(value)
    assert fid(real @ rotation + 7, fake @ rotation + 7) == pytest.approx(value)
    assert fid(3 * real, 3 * fake) == pytest.approx(9 * value)


def test_fid_of_shifted_set_is_squared_length_of_shift():
    features = np.random.default_rng(11).normal(size=(20, 30))
    assert fid(features, features + 0.5) == pytest.approx(30 * 0.25)


def test_fid_ignores_rounding_in_directions_outside_covariance_rank():
    """Rounding adds 150 directions to a covariance of rank 49 in 200 dimensions, and the other set extends in them."""
    generator = np.random.default_rng(15)
    few, fake = generator.normal(size=(50, 200)), generator.normal(size=(150, 200))
    many = np.tile(few, (200, 1))
    stretch = np.sqrt((len(many) - 1) / (200 * 49))  # corrects N - 1, as each image counts 200 times
    assert fid(few.mean(axis=0) + stretch * (many - few.mean(axis=0)), fake) == pytest.approx(fid(few, fake), rel=1e-11)


def test_fid_does_not_depend_on_rows_held_at_a_time(monkeypatch):
    real, fake = inception_like(300, 40, 1.0, seed=12), inception_like(250, 40, 1.3, seed=13)
    at_once = fid(real, fake)
    monkeypatch.setattr(module, "ROWS", 64)
    assert fid(real, fake) == pytest.approx(at_once, rel=1e-10)


def test_sum_of_singular_values_is_exact_to_1e_8_of_largest():
    generator = np.random.default_rng(14)
    left, right = (np.linalg.qr(generator.normal(size=(size, 100)))[0] for size in (100, 130))
    for values in (np.logspace(0, -14, 100), np.repeat([1.0, 0.0], 50), np.logspace(0, -2, 100)):
        error = module._sum_of_singular_values(left * values @ right.T) - values.sum()
        assert abs(error) < 1e-8 * (values < 1e-7).sum() + 1e-12


def test_fid_refuses_single_image():
    with pytest.raises(UserError, match=r"at least 2 images.*got 5 real and 1 generated"):
        fid(np.zeros((5, 3)), np.zeros((1, 3)))


def drawn(size: int, samples: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).multinomial(size, np.full(size, 1 / size), samples)


@pytest.mark.parametrize(("n_real", "n_fake", "dimension"), [(12, 15, 30), (40, 9, 5), (2, 2, 4)])
def test_resampled_fid_equals_fid_of_repeated_images(n_real, n_fake, dimension):
    real = inception_like(n_real, dimension, 1.0, seed=16) + 100
    fake = inception_like(n_fake, dimension, 1.3, seed=17) + 100
    samples = Draws(drawn(n_real, 6, seed=18), drawn(n_fake, 6, seed=19))
    repeated = [
        fid(np.repeat(real, r, axis=0), np.repeat(fake, f, axis=0))
        for r, f in zip(samples.real, samples.fake, strict=True)
    ]
    assert resampled_fid(real, fake, samples) == pytest.approx(repeated, rel=1e-5, abs=1e-6)


def test_resampled_fid_spreads_as_fid_does_over_test_images():
    """With fewer images than dimensions, as in all test sets of the reports."""
    n, dimension = 50, 128

    def sets(seed: int) -> tuple[np.ndarray, np.ndarray]:
        return inception_like(n, dimension, 1.0, seed), inception_like(n, dimension, 1.6, 10_000 + seed)

    spread = np.std([fid(*sets(seed)) for seed in range(300)])
    estimates = [resampled_fid(*sets(seed), Draws(drawn(n, 100, 1), drawn(n, 100, 2))).std() for seed in range(20)]
    assert np.mean(estimates) == pytest.approx(spread, rel=0.15)
