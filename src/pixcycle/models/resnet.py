"""The ResNet generator of CycleGAN, with the same modules as in junyanz/pytorch-CycleGAN-and-pix2pix."""

from torch import Tensor, nn

from pixcycle.models.convolution import Conv2d
from pixcycle.models.norm import needs_bias, norm_layer
from pixcycle.models.same_padding import doubling, halving
from pixcycle.params.fields import Layers, Norm, Upsampling


class ResnetBlock(nn.Module):
    """Residual block x + f(x), where f is two 3x3 convolutions with reflection padding."""

    def __init__(self, channels: int, norm: Norm, dropout: bool, layers: Layers = "authors") -> None:
        super().__init__()

        def normed() -> list[nn.Module]:
            convolution = Conv2d(channels, channels, 3, bias=needs_bias(norm, layers))
            return [nn.ReflectionPad2d(1), convolution, norm_layer(norm, channels, layers)]

        between = [nn.ReLU(inplace=True), nn.Dropout(0.5)] if dropout else [nn.ReLU(inplace=True)]
        self.conv_block = nn.Sequential(*normed(), *between, *normed())

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv_block(x)


class ResnetGenerator(nn.Module):
    """Two downsamplings, residual blocks, two upsamplings (report 003, section 4.7).

    It maps (N, in_channels, H, W) to (N, out_channels, H, W), both in [-1, 1]. H and W are multiples of 4, at least 8.

    Parameters
    ----------
    in_channels, out_channels
        Channels of the images.
    filters
        Channels of the first layer.
    blocks
        Residual blocks. The CycleGAN paper has 9 at 256x256 and 6 at 128x128.
    norm
        Normalisation of all layers but the last.
    dropout
        Dropout of 0.5 in the residual blocks.
    upsampling
        `deconvolution`, as in the paper, with kernel 3 and stride 2; or `resize`, which repeats each pixel and then
        convolves, so that all output pixels receive equally many contributions.
    layers
        authors, or kth: report 003's code, which differs in its norm, its biases, and the padding of strided layers.
    """

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        filters: int = 64,
        blocks: int = 9,
        norm: Norm = "instance",
        dropout: bool = False,
        upsampling: Upsampling = "deconvolution",
        layers: Layers = "authors",
    ) -> None:
        super().__init__()
        bias = needs_bias(norm, layers)

        def normed(channels: int) -> list[nn.Module]:
            return [norm_layer(norm, channels, layers), nn.ReLU(inplace=True)]

        sequence = [nn.ReflectionPad2d(3), Conv2d(in_channels, filters, 7, bias=bias), *normed(filters)]
        for width in (filters, 2 * filters):
            sequence += [*halving(width, 2 * width, bias, layers), *normed(2 * width)]
        sequence += [ResnetBlock(4 * filters, norm, dropout, layers) for _ in range(blocks)]
        for width in (2 * filters, filters):
            if upsampling == "resize":
                sequence += _resized(2 * width, width, bias)
            else:
                sequence += doubling(2 * width, width, bias, layers)
            sequence += normed(width)
        sequence += [nn.ReflectionPad2d(3), Conv2d(filters, out_channels, 7), nn.Tanh()]
        self.model = nn.Sequential(*sequence)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


def _resized(channels: int, out_channels: int, bias: bool) -> list[nn.Module]:
    return [
        nn.Upsample(scale_factor=2, mode="nearest"),
        nn.ReflectionPad2d(1),
        Conv2d(channels, out_channels, 3, bias=bias),
    ]
