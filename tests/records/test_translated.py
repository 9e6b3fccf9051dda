"""Translated images as they lie on disk."""

import numpy as np
import pytest
from PIL import Image

from pixcycle.base.errors import UserError
from pixcycle.records.translated import read_png, sample_indices


@pytest.mark.parametrize(
    ("image", "folder"),
    [
        ("results/demo/ucsd/a/0-1a2b3c4d/samples/0002/fake_B/test/1.png", "results/demo/ucsd/a/0-1a2b3c4d"),
        ("results/demo/ucsd/a/translated-0-5a6b7c8d/fake_B/1.png", "results/demo/ucsd/a/translated-0-5a6b7c8d"),
    ],
)
def test_read_png_of_a_damaged_image_names_the_folder_to_remove(tmp_path, image, folder):
    path = tmp_path / image
    path.parent.mkdir(parents=True)
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError) as damaged:
        read_png(path)
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(path)
    with pytest.raises(UserError) as grey:
        read_png(path)
    for refused in (damaged, grey):
        assert str(refused.value).startswith(f"{path}: ") and f"; remove {tmp_path / folder}," in str(refused.value)


def test_sample_indices_are_evenly_spaced_with_both_ends():
    assert sample_indices(9).tolist() == [0, 2, 4, 6, 8]
    assert sample_indices(3).tolist() == [0, 1, 2]
    assert sample_indices(1).tolist() == [0]
