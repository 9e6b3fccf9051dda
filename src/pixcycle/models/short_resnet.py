"""The ResNet generator of report 001, with residual blocks of a single convolution (its Figure 2)."""

from torch import Tensor, nn

from pixcycle.models.convolution import Conv2d, ConvTranspose2d
from pixcycle.models.norm import needs_bias, norm_layer
from pixcycle.params.fields import Norm

SLOPE = 0.3
"""Slope of LeakyReLU for negative inputs in both networks of report 001: the default of Keras, as its figure gives
none."""


def activated(layer: type[nn.Module], *channels_and_kernel: int, norm: Norm, **settings: int) -> list[nn.Module]:
    """Return a convolution followed by its norm and by LeakyReLU; batch norm takes the place of its bias."""
    convolution = layer(*channels_and_kernel, bias=needs_bias(norm), **settings)
    return [convolution, norm_layer(norm, convolution.out_channels), nn.LeakyReLU(SLOPE)]


class ShortBlock(nn.Module):
    """Residual block x + f(x), where f is a 3x3 convolution with zero padding, its norm and LeakyReLU."""

    def __init__(self, channels: int, norm: Norm) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(*activated(Conv2d, channels, channels, 3, padding=1, norm=norm))

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
        Normalisation of all layers but the first and the last.
    """

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        filters: int = 64,
        blocks: int = 6,
        norm: Norm = "batch",
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [Conv2d(in_channels, filters, 7, padding=3)]
        for width in (2 * filters, 4 * filters):
            layers += activated(Conv2d, width // 2, width, 3, stride=2, padding=1, norm=norm)
        layers += [ShortBlock(4 * filters, norm) for _ in range(blocks)]
        for width in (2 * filters, filters):
            doubling = {"stride": 2, "padding": 1, "output_padding": 1}
            layers += activated(ConvTranspose2d, 2 * width, width, 3, norm=norm, **doubling)
        layers += [Conv2d(filters, out_channels, 7, padding=3), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)
