"""The U-Net generator of pix2pix, with the same modules as in junyanz/pytorch-CycleGAN-and-pix2pix."""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from pixcycle.models.convolution import Conv2d, ConvTranspose2d
from pixcycle.models.norm import needs_bias, norm_layer
from pixcycle.params.fields import Norm


class UNetBlock(nn.Module):
    """Halve the input, pass it through the block within, and double the result; `outer` channels in and out.

    With skips, the input is concatenated with the output, which then has 2 * outer channels.
    """

    def __init__(
        self, outer: int, inner: int, within: nn.Module | None, norm: Norm, dropout: bool, skips: bool
    ) -> None:
        super().__init__()
        self.skips = skips
        bias = needs_bias(norm)
        down = [nn.LeakyReLU(0.2, inplace=True), Conv2d(outer, inner, 4, stride=2, padding=1, bias=bias)]
        if within is not None:
            # The innermost block has no norm here: at 1x1 pixels instance norm would set everything to 0.
            down += [norm_layer(norm, inner), within]
        joined = 2 * inner if skips and within is not None else inner
        up = [
            nn.ReLU(inplace=True),
            ConvTranspose2d(joined, outer, 4, stride=2, padding=1, bias=bias),
            norm_layer(norm, outer),
        ]
        if dropout:
            up += [nn.Dropout(0.5)]
        self.model = nn.Sequential(*down, *up)

    def forward(self, x: Tensor) -> Tensor:
        y = self.model(x)
        # The first LeakyReLU has changed x in place; this makes no difference to the ReLU that reads the skip.
        return torch.cat([x, y], dim=1) if self.skips else y


class UNet(nn.Module):
    """Encoder and decoder with skip connections (report 000, section 4.1.1; report 002, section 3.3.1).

    It maps (N, in_channels, H, W) to (N, out_channels, H, W), both in [-1, 1]. H and W are multiples of 2 ** num_downs.

    Parameters
    ----------
    in_channels, out_channels
        Channels of the images.
    num_downs
        Halvings of the image, at least 3.
    filters
        Channels of the first layer. They double with each halving, up to 8 * filters.
    norm
        Normalisation of the inner layers.
    dropout
        Dropout of 0.5, the noise z of pix2pix, at the end of some decoder blocks.
    first_dropout_block
        First block with dropout, counted from the innermost one. 1: the first three blocks (report 000, section 4.1.1,
        and the authors' Lua code). 2: three blocks with 8 halvings, two with 7, one with 6, as in the authors' PyTorch
        code; with fewer halvings theirs has no dropout, and here one block keeps it.
    skips
        Skip connections. Without them, the decoder's inputs have half the channels and all information passes through
        the bottleneck.
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
        widths = [filters * min(2**level, 8) for level in range(num_downs)]
        innermost = num_downs - 1
        noisy = noisy_blocks(num_downs, first_dropout_block) if dropout else ()

        within = None
        for level in range(innermost, 0, -1):
            block = innermost - level + 1
            within = UNetBlock(widths[level - 1], widths[level], within, norm, block in noisy, skips)
        outermost = nn.Sequential(
            Conv2d(in_channels, filters, 4, stride=2, padding=1, bias=needs_bias(norm)),
            within,
            nn.ReLU(inplace=True),
            ConvTranspose2d(2 * filters if skips else filters, out_channels, 4, stride=2, padding=1),
            nn.Tanh(),
        )
        # In the authors' code the outermost layers are a block inside the network: keys start with `model.model`.
        self.model = nn.Sequential(OrderedDict(model=outermost))

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


def noisy_blocks(num_downs: int, first: int) -> range:
    """Return the decoder blocks with dropout, counted from the innermost one; `first` is 1 or 2 (see `UNet`)."""
    return range(first, first + (3 if first == 1 else min(3, max(1, num_downs - 5))))
