import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from pixcycle.base.errors import UserError
from pixcycle.metrics.pixel import l1, psnr, ssim


def noise(seed: int, count: int = 3, size: int = 24) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def flat(value: int, size: int = 24) -> np.ndarray:
    return np.full((1, size, size, 3), value, np.uint8)


def test_l1_is_1_between_black_and_white():
    assert l1(flat(0), flat(255)) == pytest.approx([1.0])
    assert l1(flat(30), flat(81)) == pytest.approx([0.2])


def test_l1_and_psnr_do_not_wrap_around_bytes():
    assert l1(flat(10), flat(20)) == l1(flat(20), flat(10)) == pytest.approx([10 / 255])
    assert psnr(flat(10), flat(20)) == psnr(flat(20), flat(10)) == pytest.approx([20 * np.log10(25.5)])


def test_l1_and_psnr_of_single_changed_value():
    fake, real = flat(0, size=10), flat(0, size=10)
    fake[0, 4, 5, 1] = 51
    assert l1(fake, real) == pytest.approx([0.2 / 300])
    assert psnr(fake, real) == pytest.approx([20 * np.log10(5) + 10 * np.log10(300)])


def test_psnr_equals_scikit_image_and_is_infinite_if_equal():
    fake, real = noise(1), noise(2)
    expected = [peak_signal_noise_ratio(*pair, data_range=255) for pair in zip(real, fake, strict=True)]
    assert psnr(fake, real) == pytest.approx(expected)
    assert np.isposinf(psnr(fake, fake)).all()


def test_ssim_of_flat_images_is_luminance_term():
    luminance = (2 * 100 * 150 + (0.01 * 255) ** 2) / (100**2 + 150**2 + (0.01 * 255) ** 2)
    assert ssim(flat(100), flat(150)) == pytest.approx([luminance])


def test_ssim_equals_published_formula_with_gaussian_window():
    fake, real = noise(3, count=1, size=11), noise(4, count=1, size=11)
    axis = np.arange(-5, 6)
    window = np.exp(-(axis[:, None] ** 2 + axis**2) / (2 * 1.5**2))
    window = (window / window.sum())[..., None]
    x, y = fake[0].astype(float), real[0].astype(float)

    def mean(values):
        return (window * values).sum(axis=(0, 1))

    mean_x, mean_y = mean(x), mean(y)
    var_x, var_y, cov = mean(x * x) - mean_x**2, mean(y * y) - mean_y**2, mean(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    per_channel = ((2 * mean_x * mean_y + c1) * (2 * cov + c2)) / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))
    # In an image of the window's size the window fits in one place.
    assert ssim(fake, real) == pytest.approx([per_channel.mean()])


def test_ssim_is_1_for_equal_images_and_lower_for_brighter_copy():
    image = noise(5) // 2
    assert ssim(image, image) == pytest.approx([1.0, 1.0, 1.0])
    assert (ssim(image, image + 60) < 0.95).all()


def test_l1_returns_one_value_per_image():
    fake, real = np.concatenate([flat(0), flat(0)]), np.concatenate([flat(0), flat(255)])
    assert l1(fake, real).tolist() == [0.0, 1.0]


def test_ssim_refuses_images_smaller_than_its_window():
    with pytest.raises(UserError, match=r"at least 11x11 pixels, got 8x8"):
        ssim(flat(0, size=8), flat(1, size=8))


def test_l1_and_psnr_refuse_arrays_of_other_shape_or_type():
    with pytest.raises(ValueError, match="same shape"):
        l1(noise(6, count=1), noise(7, count=3))
    with pytest.raises(ValueError, match="uint8"):
        psnr(noise(8) / 255, noise(9))
