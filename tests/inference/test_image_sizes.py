import numpy as np
import pytest
import torch

from pixcycle.inference.image_sizes import fitting, padded, sides_of
from pixcycle.methods.networks import generator_of
from tests.conftest import tiny_experiment


@pytest.mark.parametrize(
    ("settings", "sides"),
    [
        ({"generator": "unet", "crop_size": 16}, (16, 16)),
        ({"generator": "unet", "crop_size": 256}, (256, 256)),
        ({"generator": "unet", "crop_size": 512}, (256, 256)),
        ({"generator": "resnet6"}, (4, 8)),
        ({"generator": "resnet9", "upsampling": "resize"}, (4, 8)),
        ({"generator": "resnet6_short"}, (4, 4)),
    ],
)
def test_sides_of_generator_are_those_that_it_accepts(settings, sides):
    generator = generator_of(tiny_experiment(filters=1, **settings)).eval()
    assert sides_of(generator) == sides
    multiple, least = sides
    for side in (least, least + multiple):
        assert generator(torch.zeros(1, 3, side, least)).shape == (1, 3, side, least)
    for side in (least - multiple, least + multiple // 2):
        try:
            shape = generator(torch.zeros(1, 3, side, least)).shape
        except RuntimeError:
            continue
        assert shape != (1, 3, side, least)


def test_fitting_returns_next_larger_valid_side():
    assert [fitting(side, 4, 8) for side in (1, 8, 9, 12, 13)] == [8, 8, 12, 12, 16]
    assert [fitting(side, 256, 256) for side in (255, 256, 257)] == [256, 256, 512]


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (2, 3), (3, 40), (20, 17), (32, 16)])
def test_padded_reflects_image_back_and_forth(size):
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)

    def mirrored(place: int, side: int) -> int:  # 0 1 2 3 2 1 0 1 2 ... for a side of 4
        period = max(1, 2 * side - 2)
        return min(place % period, period - place % period) if side > 1 else 0

    rows, columns = (fitting(side, 16, 16) for side in size)
    expected = [[image[mirrored(y, size[0]), mirrored(x, size[1])] for x in range(columns)] for y in range(rows)]
    np.testing.assert_array_equal(padded(image, 16, 16), expected)
