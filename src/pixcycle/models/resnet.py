"""The ResNet generator of CycleGAN, with the same modules as in junyanz/pytorch-CycleGAN-and-pix2pix."""

from torch import Tensor, nn

from pixcycle.models.convolution import Conv2d, ConvTranspose2d
from pixcycle.models.norm import needs_bias, norm_layer
from pixcycle.params.fields import Norm, Upsampling


class ResnetBlock(nn.Module):
    """Residual block x + f(x), where f is two 3x3 convolutions with reflection padding."""

    def __init__(self, channels: int, norm: Norm, dropout: bool) -> None:
        super().__init__()
        bias = needs_bias(norm)
        layers = [nn.ReflectionPad2d(1), Conv2d(channels, channels, 3, bias=bias), norm_layer(norm, channels)]
        layers += [nn.ReLU(inplace=True)]
        if dropout:
            layers += [nn.Dropout(0.5)]
        layers += [nn.ReflectionPad2d(1), Conv2d(channels, channels, 3, bias=bias), norm_layer(norm, channels)]
        self.conv_block = nn.Sequential(*layers)

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
    ) -> None:
        super().__init__()
        bias = needs_bias(norm)
        layers: list[nn.Module] = [nn.ReflectionPad2d(3), Conv2d(in_channels, filters, 7, bias=bias)]
        layers += [norm_layer(norm, filters), nn.ReLU(inplace=True)]
        for width in (filters, 2 * filters):
            layers += [Conv2d(width, 2 * width, 3, stride=2, padding=1, bias=bias)]
            layers += [norm_layer(norm, 2 * width), nn.ReLU(inplace=True)]
        layers += [ResnetBlock(4 * filters, norm, dropout) for _ in range(blocks)]
        for width in (2 * filters, filters):
            layers += _doubling(2 * width, width, bias, upsampling)
            layers += [norm_layer(norm, width), nn.ReLU(inplace=True)]
        layers += [nn.ReflectionPad2d(3), Conv2d(filters, out_channels, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


def _doubling(channels: int, out_channels: int, bias: bool, upsampling: Upsampling) -> list[nn.Module]:
    if upsampling == "resize":
        return [
            nn.Upsample(scale_factor=2, mode="nearest"),
            nn.ReflectionPad2d(1),
            Conv2d(channels, out_channels, 3, bias=bias),
        ]
    return [ConvTranspose2d(channels, out_channels, 3, stride=2, padding=1, output_padding=1, bias=bias)]
