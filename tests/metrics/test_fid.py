import numpy as np
import pytest
import torch
from torch_fidelity.metric_fid import KEY_METRIC_FID, fid_features_to_statistics, fid_statistics_to_metric

from pixcycle.errors import UserError
from pixcycle.metrics import fid as module
from pixcycle.metrics.fid import fid


def torch_fidelity_fid(real: np.ndarray, fake: np.ndarray) -> float:
    statistics = [fid_features_to_statistics(torch.from_numpy(features)) for features in (real, fake)]
    return fid_statistics_to_metric(*statistics, verbose=False)[KEY_METRIC_FID]


def samples_with_moments(mean: np.ndarray, covariance: np.ndarray, count: int, seed: int) -> np.ndarray:
    """(count, D) points whose empirical mean and covariance are exactly those given; needs count > D."""
    points = np.random.default_rng(seed).normal(size=(count, len(mean)))
    orthonormal, _ = np.linalg.qr(points - points.mean(axis=0))
    return mean + np.sqrt(count - 1) * orthonormal @ np.linalg.cholesky(covariance).T


def inception_like(count: int, dimension: int, shape: float, seed: int) -> np.ndarray:
    """Positive, skewed, correlated float32 features."""
    mixing = np.random.default_rng(0).gamma(0.5, 1 / dimension, (dimension, dimension))
    features = np.random.default_rng(seed).gamma(shape, 1.0, (count, dimension)) @ mixing
    return features.astype(np.float32)


def test_commuting_covariances_give_the_closed_form():
    mean_r, mean_f = np.array([0.0, 1.0, 2.0]), np.array([1.0, 1.0, 0.0])
    sigma_r, sigma_f = np.array([1.0, 2.0, 3.0]), np.array([2.0, 0.5, 3.0])
    real = samples_with_moments(mean_r, np.diag(sigma_r**2), 10, seed=1)
    fake = samples_with_moments(mean_f, np.diag(sigma_f**2), 17, seed=2)
    # |mu_r - mu_f|^2 + sum (sigma_r - sigma_f)^2 = (1 + 0 + 4) + (1 + 2.25 + 0)
    assert fid(real, fake) == pytest.approx(8.25, abs=1e-10)


def test_covariances_that_do_not_commute_give_the_closed_form_of_two_dimensions():
    c_r, c_f = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([[5.0, -2.0], [-2.0, 1.0]])
    real = samples_with_moments(np.zeros(2), c_r, 8, seed=3)
    fake = samples_with_moments(np.zeros(2), c_f, 9, seed=4)
    # For 2 x 2: Tr sqrt(M) = sqrt(Tr M + 2 sqrt(det M)); here Tr M = 9 and det M = 5 * 1.
    expected = 5 + 6 - 2 * np.sqrt(9 + 2 * np.sqrt(5))
    assert fid(real, fake) == pytest.approx(expected, abs=1e-10)


def test_many_samples_of_two_gaussians_approach_their_distance():
    generator = np.random.default_rng(5)
    real = generator.normal(0.0, 1.0, (40_000, 4))
    fake = generator.normal(0.5, 1.5, (40_000, 4))
    assert fid(real, fake) == pytest.approx(4 * 0.5**2 + 4 * 0.5**2, abs=0.05)


def test_equal_sets_have_distance_zero_with_fewer_and_with_more_images_than_dimensions():
    generator = np.random.default_rng(6)
    for count in (20, 200):
        features = generator.normal(size=(count, 50))
        assert fid(features, features) == pytest.approx(0.0, abs=1e-8 * 50)  # of the trace


def test_fewer_images_than_dimensions_equals_more_images_of_the_same_moments():
    """Each image k times keeps mean and covariance, but for N - 1; scaling the copies apart mends that."""
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
def test_fid_equals_torch_fidelity_on_the_same_features(n_real, n_fake, dimension):
    real = inception_like(n_real, dimension, 1.0, seed=8)
    fake = inception_like(n_fake, dimension, 1.3, seed=9)
    assert fid(real, fake) == pytest.approx(torch_fidelity_fid(real, fake), rel=1e-3)


def test_fid_is_symmetric_and_blind_to_order_rotation_and_shift_and_scales_with_the_square():
    generator = np.random.default_rng(10)
    real, fake = generator.normal(size=(25, 40)), generator.gamma(2.0, size=(30, 40))
    value = fid(real, fake)
    rotation, _ = np.linalg.qr(generator.normal(size=(40, 40)))
    assert fid(fake, real) == pytest.approx(value)
    assert fid(real[::-1], generator.permutation(fake)) == pytest.approx(value)
    assert fid(real @ rotation + 7, fake @ rotation + 7) == pytest.approx(value)
    assert fid(3 * real, 3 * fake) == pytest.approx(9 * value)


def test_a_shift_of_one_set_adds_its_squared_length():
    features = np.random.default_rng(11).normal(size=(20, 30))
    assert fid(features, features + 0.5) == pytest.approx(30 * 0.25)


def test_directions_that_only_one_set_knows_count_as_if_there_were_fewer_images():
    """Rounding gives a covariance of rank 49 in 200 dimensions 150 more, which the other set would meet."""
    generator = np.random.default_rng(15)
    few, fake = generator.normal(size=(50, 200)), generator.normal(size=(150, 200))
    many = np.tile(few, (200, 1))
    stretch = np.sqrt((len(many) - 1) / (200 * 49))  # for N - 1, as each image counts 200 times
    assert fid(few.mean(axis=0) + stretch * (many - few.mean(axis=0)), fake) == pytest.approx(fid(few, fake), rel=1e-11)


def test_moments_are_the_same_whatever_is_read_at_a_time(monkeypatch):
    real, fake = inception_like(300, 40, 1.0, seed=12), inception_like(250, 40, 1.3, seed=13)
    at_once = fid(real, fake)
    monkeypatch.setattr(module, "ROWS", 64)
    assert fid(real, fake) == pytest.approx(at_once, rel=1e-10)


def test_a_singular_value_of_any_size_is_right_to_some_1e_8_of_the_largest():
    generator = np.random.default_rng(14)
    left, right = (np.linalg.qr(generator.normal(size=(size, 100)))[0] for size in (100, 130))
    for values in (np.logspace(0, -14, 100), np.repeat([1.0, 0.0], 50), np.logspace(0, -2, 100)):
        error = module._sum_of_singular_values(left * values @ right.T) - values.sum()
        assert abs(error) < 1e-8 * (values < 1e-7).sum() + 1e-12


def test_one_image_is_refused_by_name():
    with pytest.raises(UserError, match=r"at least 2 images.*got 5 real and 1 generated"):
        fid(np.zeros((5, 3)), np.zeros((1, 3)))
