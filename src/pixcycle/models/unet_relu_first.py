"""The U-Net of report 000's code, whose ReLU stands before the join with the encoder, not after it."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from pixcycle.models.convolution import Conv2d, ConvTranspose2d
from pixcycle.models.norm import norm_layer
from pixcycle.models.short_resnet import SLOPE
from pixcycle.models.unet import noisy_blocks
from pixcycle.params.fields import Norm


class UNetReluFirst(nn.Module):
    """Encoder and decoder with skip connections, as in the code of report 000.

    It maps (N, in_channels, H, W) to the same size with out_channels, both in [-1, 1]; H and W are multiples of
    2 ** num_downs. Widths are those of `models.unet.UNet`, from which it differs in four points:

    - Norm also at the bottleneck. Instance norm there sets a bottleneck of one pixel to its offset, so that it carries
      nothing.
    - A decoder block is deconvolution, norm, dropout, ReLU; only then its output is joined with that of the encoder,
      after the encoder's LeakyReLU. No ReLU follows, so that negative values pass through the skips.
    - No layer but the last has a bias.
    - LeakyReLU has the slope 0.3, the default of Keras.
    """

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        num_downs: int = 8,
        filters: int = 64,
        norm: Norm = "batch",
        dropout: bool = True,
        skips: bool = True,
        first_dropout_block: int = 2,
    ) -> None:
        super().__init__()
        self.skips = skips
        widths = [filters * min(2**level, 8) for level in range(num_downs)]
        noisy = noisy_blocks(num_downs, first_dropout_block) if dropout else ()
        first = nn.Sequential(_halving(in_channels, filters), nn.LeakyReLU(SLOPE))
        inner = [
            nn.Sequential(_halving(*pair), norm_layer(norm, pair[1], "ucsd"), nn.LeakyReLU(SLOPE))
            for pair in pairwise(widths)
        ]
        self.down = nn.ModuleList([first, *inner])
        self.up = nn.ModuleList()
        channels = widths[-1]
        for block, width in enumerate(reversed(widths[:-1]), start=1):
            noise = [nn.Dropout(0.5)] if block in noisy else []
            layers = [_doubling(channels, width, bias=False), norm_layer(norm, width, "ucsd"), *noise, nn.ReLU()]
            self.up.append(nn.Sequential(*layers))
            channels = 2 * width if skips else width
        self.last = nn.Sequential(_doubling(channels, out_channels, bias=True), nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        encoded = []
        for down in self.down:
            x = down(x)
            encoded.append(x)
        for up, skip in zip(self.up, reversed(encoded[:-1]), strict=True):
            x = torch.cat([up(x), skip], dim=1) if self.skips else up(x)
        return self.last(x)


def _halving(channels: int, out_channels: int) -> Conv2d:
    return Conv2d(channels, out_channels, 4, stride=2, padding=1, bias=False)


def _doubling(channels: int, out_channels: int, bias: bool) -> ConvTranspose2d:
    return ConvTranspose2d(channels, out_channels, 4, stride=2, padding=1, bias=bias)
