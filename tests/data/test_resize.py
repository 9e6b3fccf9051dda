import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import map_coordinates
from torch.nn.functional import interpolate

from pixcycle.data.resize import bilinear_tf1, nearest_exact, resized

SIZES = [(256, 286), (256, 299), (600, 286), (600, 256), (286, 256), (128, 286), (7, 16), (16, 7), (5, 5)]


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def as_pytorch_resizes(image: np.ndarray, side: int, mode: str) -> np.ndarray:
    tensor = torch.from_numpy(image).permute(2, 0, 1)[None]
    return interpolate(tensor, size=(side, side), mode=mode)[0].permute(1, 2, 0).numpy()


@pytest.mark.parametrize(("n", "side"), SIZES)
def test_nearest_exact_equals_that_of_pytorch(n, side):
    image = noise(n, n + 3)
    np.testing.assert_array_equal(nearest_exact(image, side), as_pytorch_resizes(image, side, "nearest-exact"))


def test_nearest_of_pillow_differs_from_exact_in_one_row_from_256_to_286():
    column = np.arange(256, dtype=np.uint8)[:, None, None].repeat(256, axis=1).repeat(3, axis=2)
    pillow, exact = (np.asarray(resized(Image.fromarray(column), 286, m)) for m in ("nearest", "nearest-exact"))
    assert np.flatnonzero((pillow != exact).any(axis=(1, 2))).tolist() == [71]
    other = as_pytorch_resizes(column, 286, "nearest")
    assert (other != exact).any(axis=(1, 2)).sum() == 128


@pytest.mark.parametrize(("n", "side"), SIZES)
def test_bilinear_tf1_equals_interpolation_at_corners(n, side):
    image = noise(n, n + 3)
    places = np.meshgrid(np.arange(side) * n / side, np.arange(side) * (n + 3) / side, indexing="ij")
    channels = [map_coordinates(image[..., c].astype(float), places, order=1, mode="nearest") for c in range(3)]
    np.testing.assert_allclose(bilinear_tf1(image, side), np.stack(channels, axis=-1), atol=0.5 + 1e-6)


def test_bilinear_tf1_to_half_the_size_takes_every_second_pixel():
    image = noise(256, 256)
    np.testing.assert_array_equal(bilinear_tf1(image, 128), image[::2, ::2])


@pytest.mark.parametrize("method", ["nearest", "bilinear", "bicubic", "nearest-exact", "bilinear-tf1"])
def test_resized_returns_rgb_squares_and_keeps_those_of_the_right_size(method):
    image = Image.fromarray(noise(6, 9))
    small = resized(image, 4, method)
    assert (small.size, small.mode) == ((4, 4), "RGB")
    assert resized(small, 4, method) is small
