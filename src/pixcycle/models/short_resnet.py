"""The ResNet generator of report 001, with residual blocks of a single convolution (its Figure 2)."""

from torch import Tensor, nn

from pixcycle.models.convolution import Conv2d
from pixcycle.models.norm import needs_bias, norm_layer
from pixcycle.models.same_padding import doubling, halving
from pixcycle.params.fields import Layers, Norm

SLOPE = 0.3
"""Slope of LeakyReLU for negative inputs in both networks of report 001, whose figure gives none, and in the code of
report 000, which gives none: the default of Keras."""


def activated(channels: int, norm: Norm, layers: Layers, transposed: bool = False) -> list[nn.Module]:
    """Return what follows a convolution with this number of output channels: its norm, and LeakyReLU.

    Figure 2 has the norm after every convolution but the first and the last, the code of report 001 (wustl) after the
    transposed ones only.
    """
    normed = layers != "wustl" or transposed
    return [*([norm_layer(norm, channels, layers)] if normed else []), nn.LeakyReLU(SLOPE)]


class ShortBlock(nn.Module):
    """Residual block x + f(x), where f is a 3x3 convolution with zero padding, its norm and LeakyReLU."""

    def __init__(self, channels: int, norm: Norm, layers: Layers) -> None:
        super().__init__()
        convolution = Conv2d(channels, channels, 3, padding=1, bias=needs_bias(norm, layers))
        self.conv_block = nn.Sequential(convolution, *activated(channels, norm, layers))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv_block(x)


class ShortResnet(nn.Module):
    """Two downsamplings, residual blocks, two upsamplings, all padded with zeros (report 001, Figure 2).

    It maps (N, in_channels, H, W) to (N, out_channels, H, W), both in [-1, 1]. H and W are multiples of 4.

    Parameters
    ----------
    in_channels, out_channels
        Channels of the images.
    filters
        Channels of the first layer, which has neither norm nor activation.
    blocks
        Residual blocks.
    norm
        Normalisation of all layers but the first and the last; batch norm takes the place of the bias.
    layers
        authors: as in Figure 2. wustl: report 001's code, in which strided layers are padded at the right and bottom
        only, every convolution has a bias, and only the transposed ones a norm, which is `models.norm.StoredNorm2d`.
    """

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        filters: int = 64,
        blocks: int = 6,
        norm: Norm = "batch",
        layers: Layers = "authors",
    ) -> None:
        super().__init__()
        bias = needs_bias(norm, layers)
        sequence: list[nn.Module] = [Conv2d(in_channels, filters, 7, padding=3)]
        for width in (2 * filters, 4 * filters):
            sequence += [*halving(width // 2, width, bias, layers), *activated(width, norm, layers)]
        sequence += [ShortBlock(4 * filters, norm, layers) for _ in range(blocks)]
        for width in (2 * filters, filters):
            sequence += [*doubling(2 * width, width, bias, layers), *activated(width, norm, layers, transposed=True)]
        sequence += [Conv2d(filters, out_channels, 7, padding=3), nn.Tanh()]
        self.model = nn.Sequential(*sequence)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)
