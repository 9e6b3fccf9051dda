"""The ResNet generator of CycleGAN, module for module that of junyanz/pytorch-CycleGAN-and-pix2pix."""

from torch import Tensor, nn

from pixcycle.models.convolution import Conv2d, ConvTranspose2d
from pixcycle.models.norm import needs_bias, norm_layer
from pixcycle.scalars import Norm, Upsampling


class ResnetBlock(nn.Module):
    """x + f(x), where f is two 3x3 convolutions with reflection padding."""

    def __init__(self, channels: int, norm: Norm, dropout: bool) -> None:
        super().__init__()
        bias = needs_bias(norm)
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1),
            Conv2d(channels, channels, 3, bias=bias),
            norm_layer(norm, channels),
            nn.ReLU(inplace=True),
            *([nn.Dropout(0.5)] if dropout else []),
            nn.ReflectionPad2d(1),
            Conv2d(channels, channels, 3, bias=bias),
            norm_layer(norm, channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv_block(x)


class ResnetGenerator(nn.Module):
    """Two halvings, residual blocks, two doublings (report 003, section 4.7).

    blocks: 9 at 256x256 and 6 at 128x128 in the CycleGAN paper. upsampling: `deconvolution` as there, kernel 3,
    stride 2; or `resize`, which repeats each pixel and then convolves, so that no pixel is drawn oftener than others.
    Maps (N, in_channels, H, W) in [-1, 1] to (N, out_channels, H, W) in [-1, 1]; H and W are
    multiples of 4, at least 8.
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
