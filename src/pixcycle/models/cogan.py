"""CoGAN's networks: two generators that share all but their last layers, and two discriminators likewise.

Widths and kernels are those of the example `celeba` of github.com/mingyuliutw/CoGAN, at 128 pixels and 64 filters;
larger and smaller images have more and fewer layers. Which layers are shared is that of its example with two branches,
`mnist.edge.cogan`, whose discriminators have no batch norm either.
"""

from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn

from pixcycle.models.cogan_layers import LATENT, discriminator_widths, dropout_rates, generator_widths, kernel
from pixcycle.models.convolution import Conv2d, ConvTranspose2d
from pixcycle.paths import Direction

SEED = 0
"""Seed of the latent vector at which every inversion starts."""


class CoupledGenerators(nn.Module):
    """Latent vectors (N, 100, 1, 1) in [-1, 1] to pairs of images (N, 6, H, W) in [-1, 1]: A, then B.

    The pair is rendered from the same features: all layers are shared but each domain's last deconvolution and the
    convolution to RGB.

    Parameters
    ----------
    size
        Side of the images: 4 times a power of two, at least 8.
    filters
        Twice the channels of the last deconvolution.
    """

    def __init__(self, size: int, filters: int):
        super().__init__()
        *widths, last = generator_widths(size, filters)
        self.shared = nn.Sequential(*_rendering(LATENT, widths[0], stride=1, padding=0))
        for channels in pairwise(widths):
            self.shared.extend(_rendering(*channels))
        self.last_a, self.last_b = (
            nn.Sequential(*_rendering(widths[-1], last), Conv2d(last, 3, 3, padding=1), nn.Tanh()) for _ in "ab"
        )

    def forward(self, z: Tensor) -> Tensor:
        features = self.shared(z)
        return torch.cat([self.last_a(features), self.last_b(features)], dim=1)


class Inversion(CoupledGenerators):
    """Translate by search: z* = argmin_z |g_1(z) - x|^2, then g_2(z*) (CoGAN's paper, on transforming images).

    Images (N, 3, size, size) in [-1, 1] to the same. Each search starts at the same latent vector, drawn with SEED, and
    takes a stated number of Adam steps; z is kept in [-1, 1], where the generators were trained. Images are searched
    for independently of each other: the squared errors are summed over pixels, so that one image's gradient does not
    depend on the rest of its batch, and Adam works on each number for itself.

    Parameters
    ----------
    steps, rate
        Number of Adam steps, and their learning rate.
    """

    def __init__(self, size: int, filters: int, direction: Direction, steps: int, rate: float):
        super().__init__(size, filters)
        self.branches = ("last_a", "last_b") if direction == "a_to_b" else ("last_b", "last_a")
        self.steps, self.rate = steps, rate
        self.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        source, target = (getattr(self, name) for name in self.branches)
        return target(self.shared(self.latent(x, source)))

    def latent(self, x: Tensor, source: nn.Module) -> Tensor:
        """Return z* of each image, (N, 100, 1, 1)."""
        start = 2 * torch.rand(1, LATENT, 1, 1, generator=torch.Generator().manual_seed(SEED)) - 1
        with torch.inference_mode(False), torch.enable_grad():
            x = x.clone()
            z = start.to(x.device).repeat(len(x), 1, 1, 1).requires_grad_()
            adam = torch.optim.Adam([z], lr=self.rate)
            for _ in range(self.steps):
                adam.zero_grad()
                (source(self.shared(z)).float() - x).square().sum().backward()
                adam.step()
                with torch.no_grad():
                    z.clamp_(-1, 1)
        return z.detach()


class CoupledDiscriminators(nn.Module):
    """Pairs of images (N, 6, H, W), A and then B, to a logit for each of the two, (N, 2, 1, 1).

    All layers are shared but each domain's first convolution.

    Parameters
    ----------
    size
        Side of the images: 4 times a power of two, at least 8.
    filters
        Twice the channels of the first convolution.
    """

    def __init__(self, size: int, filters: int):
        super().__init__()
        widths, hidden = discriminator_widths(size, filters)
        rates = dropout_rates(len(widths) + 1)
        self.first_a, self.first_b = (nn.Sequential(*_judging(3, widths[0], kernel(0), rates[0])) for _ in "ab")
        self.shared = nn.Sequential()
        for i, channels in enumerate(pairwise(widths), start=1):
            self.shared.extend(_judging(*channels, kernel(i), rates[i]))
        self.shared.extend(
            [Conv2d(widths[-1], hidden, 2), nn.PReLU(hidden), nn.Dropout(rates[-1]), Conv2d(hidden, 1, 1)]
        )

    def forward(self, pair: Tensor) -> Tensor:
        a, b = pair.chunk(2, dim=1)
        return torch.cat([self.shared(self.first_a(a)), self.shared(self.first_b(b))], dim=1)


def _rendering(wide_in: int, wide_out: int, stride: int = 2, padding: int = 1) -> Iterator[nn.Module]:
    yield ConvTranspose2d(wide_in, wide_out, 4, stride, padding, bias=False)
    yield nn.BatchNorm2d(wide_out)
    yield nn.PReLU(wide_out)


def _judging(wide_in: int, wide_out: int, size: int, dropout: float) -> Iterator[nn.Module]:
    yield Conv2d(wide_in, wide_out, size, stride=2, padding=size // 2)
    yield nn.PReLU(wide_out)
    yield nn.Dropout(dropout)
