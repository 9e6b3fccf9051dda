import numpy as np
import pytest
import skimage.data
from PIL import Image
from scipy.ndimage import convolve, gaussian_filter

from pixcycle.base.errors import UserError
from pixcycle.metrics.checkerboard import checkerboard_energy


def tiled(cell: list[list[int]], side: int = 64) -> np.ndarray:
    """Return a grey pattern (side, side) of ones and zeros that repeats `cell`."""
    repeats = -(-side // len(cell)), -(-side // len(cell[0]))
    return np.tile(np.array(cell), repeats)[:side, :side]


def grey(values: np.ndarray) -> np.ndarray:
    """Return (N, H, W) or (H, W) grey values as uint8 images (N, H, W, 3)."""
    levels = np.atleast_3d(np.rint(values).clip(0, 255).astype(np.uint8))
    levels = levels.transpose(2, 0, 1) if values.ndim == 2 else levels
    return levels[..., None].repeat(3, axis=-1)


CHECKS, COARSE_CHECKS = tiled([[0, 1], [1, 0]]), tiled([[0, 0, 1, 1]] * 2 + [[1, 1, 0, 0]] * 2)


@pytest.mark.parametrize(
    "pattern",
    [
        CHECKS,
        COARSE_CHECKS,
        tiled([[0, 1]]),
        tiled([[0], [1]]),
        tiled([[1, 0], [0, 0]]),
        tiled([[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]),
        tiled([[0, 1], [1, 0]], side=16),
    ],
    ids=["checks", "checks of 2x2", "columns", "rows", "every second pixel", "every fourth pixel", "smallest image"],
)
def test_checkerboard_energy_is_1_for_patterns_of_period_2_or_4(pattern):
    assert checkerboard_energy(grey(100 + 50 * pattern)) == pytest.approx([1.0])


@pytest.mark.parametrize(
    "pattern",
    [tiled([[0, 0, 1]], side=48), tiled([[0] * 4 + [1] * 4] * 4 + [[1] * 4 + [0] * 4] * 4)],
    ids=["every third column", "checks of 4x4"],
)
def test_checkerboard_energy_is_0_for_patterns_of_period_3_or_8(pattern):
    assert checkerboard_energy(grey(100 + 50 * pattern)) == pytest.approx([0.0], abs=1e-4)


def test_checkerboard_energy_of_constant_image_is_0():
    images = np.random.default_rng(0).integers(0, 256, (20, 1, 1, 3), dtype=np.uint8)
    assert checkerboard_energy(images.repeat(20, axis=1).repeat(24, axis=2)).tolist() == [0.0] * 20


def test_checkerboard_energy_of_gradient_is_almost_0():
    ramp = np.linspace(0, 255, 64)
    assert checkerboard_energy(grey(np.tile(ramp, (64, 1)))) == pytest.approx([0.0], abs=1e-4)
    assert checkerboard_energy(grey((ramp[:, None] + ramp) / 2)) == pytest.approx([0.0], abs=1e-4)


def test_checkerboard_energy_of_vertical_edge_is_small():
    assert checkerboard_energy(grey(255 * tiled([[0] * 32 + [1] * 32]))) == pytest.approx([0.0], abs=0.01)


def test_checkerboard_energy_ignores_first_row_and_column():
    image = grey(100 + 50 * CHECKS)
    image[:, 0], image[:, :, 0] = 255, 255
    assert checkerboard_energy(image) == pytest.approx([1.0])


def test_checkerboard_energy_of_white_noise_averages_0():
    noise = np.random.default_rng(1).integers(0, 256, (100, 64, 64, 3), dtype=np.uint8)
    energy = checkerboard_energy(noise)
    assert abs(energy.mean()) < 4 * energy.std() / 10


def test_checkerboard_energy_of_checks_in_noise_is_their_share_of_variance():
    noise = np.random.default_rng(2).integers(-20, 21, (40, 64, 64))
    expected = 10**2 / (10**2 + (41**2 - 1) / 12)
    assert checkerboard_energy(grey(128 + noise + 10 * (2 * CHECKS - 1))).mean() == pytest.approx(expected, rel=0.02)


def test_checkerboard_energy_weights_colours_by_luminance():
    image = np.full((1, 64, 64, 3), 100, np.uint8)
    image[0, ..., 0] += (20 * CHECKS).astype(np.uint8)
    image[0, ..., 1] += (20 * tiled([[0] * 8 + [1] * 8])).astype(np.uint8)
    assert checkerboard_energy(image) == pytest.approx([0.299**2 / (0.299**2 + 0.587**2)])


@pytest.fixture(scope="module")
def photos() -> np.ndarray:
    sources = [skimage.data.astronaut(), skimage.data.coffee()[:, 100:500], skimage.data.chelsea()[:, 75:375]]
    return np.stack([np.asarray(Image.fromarray(image).resize((128, 128))) for image in sources])


def test_checkerboard_energy_shows_faint_grid_on_photographs(photos):
    clean = checkerboard_energy(photos)
    assert np.abs(clean).max() < 2e-4
    for pattern in (CHECKS, COARSE_CHECKS, tiled([[0, 1]])):
        grid = 3 * (2 * np.tile(pattern, (2, 2)) - 1)
        faint = np.clip(photos + grid[None, :, :, None], 0, 255).astype(np.uint8)
        assert checkerboard_energy(faint).min() > 1e-3


def test_checkerboard_energy_shows_deconvolution_not_resize_convolution():
    """Stride 2, kernel 3, all weights equal, applied once and twice to a smooth random image."""
    smooth = gaussian_filter(np.random.default_rng(3).normal(size=(32, 32)), 3, mode="wrap")
    kernel = np.ones((3, 3))

    def deconvolution(image: np.ndarray) -> np.ndarray:
        spread = np.zeros((2 * len(image), 2 * len(image)))
        spread[::2, ::2] = image
        return convolve(spread, kernel, mode="wrap")

    def resize_convolution(image: np.ndarray) -> np.ndarray:
        return convolve(image.repeat(2, axis=0).repeat(2, axis=1), kernel, mode="wrap")

    for upsample in (deconvolution, resize_convolution):
        once = upsample(smooth)
        for image in (once, upsample(once)):
            stretched = 255 * (image - image.min()) / np.ptp(image)
            (energy,) = checkerboard_energy(grey(stretched))
            assert energy > 0.1 if upsample is deconvolution else abs(energy) < 2e-3


def test_checkerboard_energy_ignores_sides_beyond_multiple_of_4():
    images = np.random.default_rng(4).integers(0, 256, (2, 23, 34, 3), dtype=np.uint8)
    np.testing.assert_array_equal(checkerboard_energy(images), checkerboard_energy(images[:, :20, :32]))


def test_checkerboard_energy_returns_one_value_per_image():
    images = np.concatenate([grey(90 + 9 * CHECKS), grey(0 * CHECKS), grey(9 * COARSE_CHECKS)])
    assert checkerboard_energy(images) == pytest.approx([1.0, 0.0, 1.0])


def test_checkerboard_energy_refuses_images_smaller_than_16_pixels():
    with pytest.raises(UserError, match=r"at least 16x16, got 12x16"):
        checkerboard_energy(np.zeros((1, 15, 16, 3), np.uint8))
