import os
import subprocess
import sys
from pathlib import Path

import pytest

import pixcycle
from pixcycle.base.errors import UserError
from pixcycle.params.network_sizes import downsamplings, patchgan_layers, smallest_input


@pytest.mark.parametrize(
    ("crop_size", "halvings"),
    [(8, 3), (16, 4), (32, 5), (64, 6), (128, 7), (256, 8), (512, 8), (768, 8), (1024, 8)],
)
def test_downsamplings_reach_one_pixel_in_at_most_eight_halvings(crop_size, halvings):
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
def test_downsamplings_names_the_nearest_valid_sizes(crop_size, nearest):
    with pytest.raises(UserError, match=f"halve {crop_size} pixels .* nearest sizes that work: {nearest}$"):
        downsamplings(crop_size)


def test_patchgan_layers_and_inputs_are_those_of_the_papers():
    assert {patch: patchgan_layers(patch) for patch in (1, 16, 46, 70, 286)} == {1: 0, 16: 1, 46: 4, 70: 3, 286: 5}
    assert [smallest_input(patch) for patch in (1, 16, 46, 70, 286)] == [1, 6, 16, 24, 96]
    with pytest.raises(UserError, match="patches of 50 pixels; known: 1, 16, 46, 70, 286"):
        patchgan_layers(50)


def test_network_sizes_does_not_import_torch():
    program = "import sys, pixcycle.params.network_sizes; sys.exit('torch' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(Path(pixcycle.__file__).parents[1])}
    assert subprocess.run([sys.executable, "-c", program], env=environment).returncode == 0
