import os
import subprocess
import sys
from pathlib import Path

import pytest

import pixcycle
from pixcycle.errors import UserError
from pixcycle.models.sizes import downsamplings, patchgan_layers, smallest_input


@pytest.mark.parametrize(
    ("crop_size", "halvings"),
    [(8, 3), (16, 4), (32, 5), (64, 6), (128, 7), (256, 8), (512, 8), (768, 8), (1024, 8)],
)
def test_unet_halves_down_to_one_pixel_but_at_most_eight_times(crop_size, halvings):
    assert downsamplings(crop_size) == halvings


@pytest.mark.parametrize(
    ("crop_size", "nearest"),
    [
        (100, "64 and 128"),
        (200, "128 and 256"),
        (300, "256 and 512"),
        (600, "512 and 768"),
        (4, "8"),
        (-256, "8"),
    ],
)
def test_impossible_crop_is_refused_with_the_nearest_sizes_that_work(crop_size, nearest):
    with pytest.raises(UserError, match=f"halve {crop_size} pixels .* nearest sizes that work: {nearest}$"):
        downsamplings(crop_size)


def test_patchgans_are_those_of_the_pix2pix_paper():
    assert {patch: patchgan_layers(patch) for patch in (1, 16, 70, 286)} == {1: 0, 16: 1, 70: 3, 286: 5}
    assert [smallest_input(patch) for patch in (1, 16, 70, 286)] == [1, 6, 24, 96]
    with pytest.raises(UserError, match="patches of 50 pixels; known: 1, 16, 70, 286"):
        patchgan_layers(50)


def test_sizes_are_known_without_importing_torch():
    program = "import sys, pixcycle.models.sizes; sys.exit('torch' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(Path(pixcycle.__file__).parents[1])}
    assert subprocess.run([sys.executable, "-c", program], env=environment).returncode == 0
