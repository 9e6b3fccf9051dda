"""The PatchGAN discriminators: the modules of junyanz/pytorch-CycleGAN-and-pix2pix, and that of report 001."""

from collections import OrderedDict
from itertools import pairwise

from torch import nn

from pixcycle.models.convolution import Conv2d
from pixcycle.models.norm import needs_bias, norm_layer
from pixcycle.models.short_resnet import SLOPE, activated
from pixcycle.params.fields import Layers, Norm
from pixcycle.params.network_sizes import patchgan_layers


class PatchGAN(nn.Sequential):
    """Discriminator with one logit for each overlapping patch x patch piece of an image (report 000, section 4.1.2).

    It maps (N, in_channels, H, W) to logits (N, 1, h, w). H and W are at least
    `params.network_sizes.smallest_input(patch)`.

    Parameters
    ----------
    in_channels
        3, or 6 when images are concatenated with the generator's input.
    patch
        Receptive field in pixels, one of `params.network_sizes.STRIDED_LAYERS`.
    filters
        Channels of the first layer.
    norm
        Normalisation of the inner layers; with a patch of 46 pixels, of all layers but the logit's, which ends in a
        LeakyReLU.
    layers
        authors; or the code of a report. ucsd (000): LeakyReLU of slope 0.3, a bias in the last layer only, and before
        it batch norm whatever `norm` is. wustl (001): a patch of 46 pixels, no norm. kth
        (003): a bias in the first and the last layer only.
    """

    def __init__(
        self,
        in_channels: int,
        patch: int = 70,
        filters: int = 64,
        norm: Norm = "batch",
        layers: Layers = "authors",
    ) -> None:
        if patch == 1:
            name, sequence = "net", _pixel_layers(in_channels, filters, norm, layers)
        elif patch == 46:
            name, sequence = "model", _layers_of_report_001(in_channels, filters, norm, layers)
        else:
            name, sequence = "model", _patch_layers(in_channels, patchgan_layers(patch), filters, norm, layers)
        super().__init__(OrderedDict({name: nn.Sequential(*sequence)}))


def receptive_field(network: nn.Module) -> int:
    """Return the side in pixels of the input square that one output of a chain of convolutions depends on.

    r = 1 + sum_i (k_i - 1) * prod_{j < i} s_j, with kernels k and strides s (report 002, section 3.3.2, gives
    an approximation).
    """
    field, step = 1, 1
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            field += (layer.kernel_size[0] - 1) * step
            step *= layer.stride[0]
    return field


def _pixel_layers(in_channels: int, filters: int, norm: Norm, layers: Layers) -> list[nn.Module]:
    bias = needs_bias(norm, layers)
    return [
        Conv2d(in_channels, filters, 1, bias=layers != "ucsd"),
        nn.LeakyReLU(_slope(layers), inplace=True),
        Conv2d(filters, 2 * filters, 1, bias=bias),
        norm_layer(_last_norm(norm, layers), 2 * filters, layers),
        nn.LeakyReLU(_slope(layers), inplace=True),
        Conv2d(2 * filters, 1, 1, bias=bias or layers != "authors"),
    ]


def _patch_layers(in_channels: int, strided: int, filters: int, norm: Norm, layers: Layers) -> list[nn.Module]:
    """Return `strided` convolutions of stride 2, one of stride 1, and the logit.

    Channels double from layer to layer, up to 8 * filters.
    """
    first = Conv2d(in_channels, filters, 4, stride=2, padding=1, bias=layers != "ucsd")
    sequence = [first, nn.LeakyReLU(_slope(layers), inplace=True)]
    width = filters
    for depth in range(1, strided + 1):
        wider = filters * min(2**depth, 8)
        stride = 2 if depth < strided else 1
        sequence += [
            Conv2d(width, wider, 4, stride=stride, padding=1, bias=needs_bias(norm, layers)),
            norm_layer(norm if depth < strided else _last_norm(norm, layers), wider, layers),
            nn.LeakyReLU(_slope(layers), inplace=True),
        ]
        width = wider
    return [*sequence, Conv2d(width, 1, 4, padding=1)]


def _slope(layers: Layers) -> float:
    return SLOPE if layers == "ucsd" else 0.2


def _last_norm(norm: Norm, layers: Layers) -> Norm:
    return "batch" if layers == "ucsd" else norm


def _layers_of_report_001(in_channels: int, filters: int, norm: Norm, layers: Layers) -> list[nn.Module]:
    """Return four convolutions of stride 2 with norm and LeakyReLU, and a 1x1 one with LeakyReLU (its Figure 2)."""
    widths = [in_channels, *(filters * 2**depth for depth in range(patchgan_layers(46)))]
    sequence: list[nn.Module] = []
    for width, wider in pairwise(widths):
        convolution = Conv2d(width, wider, 4, stride=2, padding=1, bias=needs_bias(norm, layers))
        sequence += [convolution, *activated(wider, norm, layers)]
    return [*sequence, Conv2d(widths[-1], 1, 1), nn.LeakyReLU(SLOPE)]
