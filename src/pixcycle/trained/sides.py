"""Which sizes of images a generator takes, and how any other comes to one of them."""

import numpy as np
from torch import nn


def sides_of(generator: nn.Module) -> tuple[int, int]:
    """(multiple, least): it takes images whose sides are multiples of one and not below the other.

    A U-Net of n halvings takes multiples of 2^n, a ResNet multiples of 4 from 8 on: its blocks, at a quarter of the
    size, reflect one pixel, and there must be another to reflect.
    """
    scale, multiple, least = 1, 1, 1
    for layer in generator.modules():  # in the order in which an image passes them
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
    """(H, W, 3) -> the next larger (H', W', 3) that is fit, reflected at its right and lower border.

    The image stays where it is, so that a ResNet's halvings meet the same pixels as without. A side that is shorter
    than what is missing is reflected back and forth, one of a single pixel repeated.
    """
    missing = [fitting(side, multiple, least) - side for side in image.shape[:2]]
    return np.pad(image, [(0, more) for more in missing] + [(0, 0)], mode="reflect")


def fitting(side: int, multiple: int, least: int) -> int:
    """The smallest side that is fit, and at least so long."""
    return -(-max(side, least) // multiple) * multiple
