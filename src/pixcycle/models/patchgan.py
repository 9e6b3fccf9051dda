"""The PatchGAN discriminator, module for module that of junyanz/pytorch-CycleGAN-and-pix2pix."""

from collections import OrderedDict

from torch import nn

from pixcycle.models.convolution import Conv2d
from pixcycle.models.norm import needs_bias, norm_layer
from pixcycle.models.sizes import patchgan_layers
from pixcycle.scalars import Norm


class PatchGAN(nn.Sequential):
    """One logit for each overlapping patch x patch piece of the image (report 000, section 4.1.2).

    patch: 1, 16, 70 or 286 pixels. in_channels: 3, or 6 when the image is joined with the generator's input.
    Maps (N, in_channels, H, W) to logits (N, 1, h, w); sides of at least `sizes.smallest_input(patch)`.
    """

    def __init__(self, in_channels: int, patch: int = 70, filters: int = 64, norm: Norm = "batch") -> None:
        if patch == 1:
            name, layers = "net", _pixel_layers(in_channels, filters, norm)
        else:
            name, layers = "model", _patch_layers(in_channels, patchgan_layers(patch), filters, norm)
        super().__init__(OrderedDict({name: nn.Sequential(*layers)}))


def receptive_field(network: nn.Module) -> int:
    """Side in pixels of the input square that one output of a chain of convolutions sees.

    r = 1 + sum_i (k_i - 1) * prod_{j < i} s_j, with kernels k and strides s (report 002, section 3.3.2, gives
    an approximation).
    """
    field, step = 1, 1
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            field += (layer.kernel_size[0] - 1) * step
            step *= layer.stride[0]
    return field


def _pixel_layers(in_channels: int, filters: int, norm: Norm) -> list[nn.Module]:
    bias = needs_bias(norm)
    return [
        Conv2d(in_channels, filters, 1),
        nn.LeakyReLU(0.2, inplace=True),
        Conv2d(filters, 2 * filters, 1, bias=bias),
        norm_layer(norm, 2 * filters),
        nn.LeakyReLU(0.2, inplace=True),
        Conv2d(2 * filters, 1, 1, bias=bias),
    ]


def _patch_layers(in_channels: int, strided: int, filters: int, norm: Norm) -> list[nn.Module]:
    """`strided` convolutions of stride 2, one of stride 1, the logit; channels double up to 8 * filters."""
    layers = [Conv2d(in_channels, filters, 4, stride=2, padding=1), nn.LeakyReLU(0.2, inplace=True)]
    width = filters
    for depth in range(1, strided + 1):
        wider = filters * min(2**depth, 8)
        stride = 2 if depth < strided else 1
        layers += [
            Conv2d(width, wider, 4, stride=stride, padding=1, bias=needs_bias(norm)),
            norm_layer(norm, wider),
            nn.LeakyReLU(0.2, inplace=True),
        ]
        width = wider
    return [*layers, Conv2d(width, 1, 4, padding=1)]
