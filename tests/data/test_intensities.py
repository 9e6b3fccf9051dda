import numpy as np

from pixcycle.data.batches import to_tensor
from pixcycle.data.intensities import stretched


def test_stretched_image_reaches_minus_one_and_one_in_all_channels_together():
    image = np.array([[[50, 60, 70], [80, 90, 150]]], np.uint8)
    tensor = to_tensor(stretched(image)[None])
    assert (tensor.min().item(), tensor.max().item()) == (-1, 1)
    expected = 2 * (image.astype(float) - 50) / (150 - 50) - 1
    np.testing.assert_allclose(tensor[0].permute(1, 2, 0), expected, atol=0.5 / 127.5 + 1e-6)


def test_stretched_keeps_images_of_full_range_and_of_a_single_value():
    full = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    np.testing.assert_array_equal(stretched(full), full)
    for level in (0, 77, 255):
        constant = np.full((4, 4, 3), level, np.uint8)
        np.testing.assert_array_equal(stretched(constant), constant)
