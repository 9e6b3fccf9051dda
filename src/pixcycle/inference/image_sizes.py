"""Image sizes that a generator accepts, and padding to the next of them."""

import numpy as np
from torch import nn


def sides_of(generator: nn.Module) -> tuple[int, int]:
    """Return (multiple, least): sides of valid images are multiples of `multiple`, and at least `least`.

    A U-Net of n halvings takes multiples of 2^n, a ResNet multiples of 4, at least 8: its blocks, at a quarter of the
    size, pad by reflecting one pixel, which takes a side of at least two.
    """
    scale, multiple, least = 1, 1, 1
    for layer in generator.modules():  # in the order in which an image passes through them
        if isinstance(layer, nn.Conv2d):
            scale *= layer.stride[0]
        elif isinstance(layer, nn.ConvTranspose2d):
            scale //= layer.stride[0]
        elif isinstance(layer, nn.Upsample):
            scale //= int(layer.scale_factor)
        elif isinstance(layer, nn.ReflectionPad2d):
            least = max(least, scale * (layer.padding[0] + 1))
        multiple = max(multiple, scale)
    return multiple, max(multiple, least)


def padded(image: np.ndarray, multiple: int, least: int) -> np.ndarray:
    """Pad an image (H, W, 3) to the next valid size (H', W', 3), by reflection at its right and lower borders.

    The image stays in the upper left corner, so that a ResNet's strides fall on the same pixels as without padding. A
    side shorter than its padding is reflected back and forth, and a single pixel is repeated.
    """
    missing = [fitting(side, multiple, least) - side for side in image.shape[:2]]
    return np.pad(image, [(0, more) for more in missing] + [(0, 0)], mode="reflect")


def fitting(side: int, multiple: int, least: int) -> int:
    """Return the smallest valid side that is at least `side`."""
    return -(-max(side, least) // multiple) * multiple
