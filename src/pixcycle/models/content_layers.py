"""Fixed networks whose feature maps the feature loss compares: their convolutions, known without importing torch."""

from pixcycle.models.closed_form import Convolution, chain

SIDE = 224
"""Side in pixels to which images are resized before they enter the networks."""


def _depthwise(channels: int, kernel: int, side_in: int, side_out: int) -> list[Convolution]:
    """Return the convolutions of one channel each that make up a depthwise one."""
    return channels * [Convolution(1, 1, kernel, side_in, side_out)]


def _vgg16() -> list[Convolution]:
    """Return VGG-16 up to conv4_2: 3x3 convolutions, and max-pooling before each change of size."""
    return [
        *chain(3, [3, 64, 64], 3 * [224]),
        *chain(3, [64, 128, 128], 3 * [112]),
        *chain(3, [128, 256, 256, 256], 4 * [56]),
        *chain(3, [256, 512, 512], 3 * [28]),
    ]


def _efficientnet_lite0() -> list[Convolution]:
    """Return EfficientNet-Lite0 up to its last block at an eighth of the size, with 40 channels."""
    layers = [Convolution(3, 32, 3, 224, 112), *_depthwise(32, 3, 112, 112), Convolution(32, 16, 1, 112, 112)]
    for wide_in, wide_out, kernel, side_in, side_out in (
        (16, 24, 3, 112, 56),
        (24, 24, 3, 56, 56),
        (24, 40, 5, 56, 28),
        (40, 40, 5, 28, 28),
    ):
        inner = 6 * wide_in
        layers.append(Convolution(wide_in, inner, 1, side_in, side_in))
        layers += _depthwise(inner, kernel, side_in, side_out)
        layers.append(Convolution(inner, wide_out, 1, side_out, side_out))
    return layers


CONTENT_LAYERS = {"vgg16": _vgg16(), "efficientnet-lite0": _efficientnet_lite0()}
"""Name of a network in params.yaml -> its convolutions up to the compared feature maps."""
