"""Generators and discriminators of the papers (arXiv 1611.07004, 6.1; 1703.10593, 7.2) in plain PyTorch.

Layers have the same names as pixcycle's, so that both can start from the same weights.
"""

import torch
from torch import Tensor, nn

from pixcycle.params.experiment import Experiment


def norm(name: str, channels: int) -> nn.Module:
    return nn.BatchNorm2d(channels) if name == "batch" else nn.InstanceNorm2d(channels)


class Skip(nn.Module):
    """One level of the U-Net: downsampling, the inner levels, upsampling; concatenated with its input."""

    def __init__(self, outer: int, inner: int, within: nn.Module | None, kind: str, dropout: bool):
        super().__init__()
        bias = kind == "instance"
        layers = [nn.LeakyReLU(0.2, True), nn.Conv2d(outer, inner, 4, 2, 1, bias=bias)]
        if within is not None:
            layers += [norm(kind, inner), within]
        layers += [
            nn.ReLU(True),
            nn.ConvTranspose2d(inner if within is None else 2 * inner, outer, 4, 2, 1, bias=bias),
            norm(kind, outer),
        ]
        if dropout:
            layers.append(nn.Dropout(0.5))
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.model(x)], 1)


class UNet(nn.Module):
    """U-Net with downsampling to 1 x 1: eight halvings for 256 x 256, seven for 128 x 128."""

    def __init__(self, filters: int, kind: str, halvings: int):
        super().__init__()
        block = Skip(8 * filters, 8 * filters, None, kind, False)
        for _ in range(halvings - 5):
            block = Skip(8 * filters, 8 * filters, block, kind, True)
        for outer, inner in ((4, 8), (2, 4), (1, 2)):
            block = Skip(outer * filters, inner * filters, block, kind, False)
        outermost = nn.Module()
        outermost.model = nn.Sequential(
            nn.Conv2d(3, filters, 4, 2, 1, bias=kind == "instance"),
            block,
            nn.ReLU(True),
            nn.ConvTranspose2d(2 * filters, 3, 4, 2, 1),
            nn.Tanh(),
        )
        self.model = outermost

    def forward(self, x: Tensor) -> Tensor:
        return self.model.model(x)


class Residual(nn.Module):
    def __init__(self, width: int, kind: str):
        super().__init__()
        bias = kind == "instance"
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3, bias=bias),
            norm(kind, width),
            nn.ReLU(True),
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3, bias=bias),
            norm(kind, width),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv_block(x)


def resnet(filters: int, blocks: int, kind: str) -> nn.Module:
    bias = kind == "instance"
    layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, filters, 7, bias=bias), norm(kind, filters), nn.ReLU(True)]
    for width in (filters, 2 * filters):
        layers += [nn.Conv2d(width, 2 * width, 3, 2, 1, bias=bias), norm(kind, 2 * width), nn.ReLU(True)]
    layers += [Residual(4 * filters, kind) for _ in range(blocks)]
    for width in (4 * filters, 2 * filters):
        layers += [nn.ConvTranspose2d(width, width // 2, 3, 2, 1, 1, bias=bias), norm(kind, width // 2), nn.ReLU(True)]
    layers += [nn.ReflectionPad2d(3), nn.Conv2d(filters, 3, 7), nn.Tanh()]
    network = nn.Module()
    network.model = nn.Sequential(*layers)
    network.forward = network.model.forward
    return network


def patchgan(channels: int, filters: int, kind: str, halvings: int) -> nn.Module:
    """Return a PatchGAN with a receptive field of 16, 70 or 286 pixels for 1, 3 or 5 halvings."""
    bias = kind == "instance"
    layers = [nn.Conv2d(channels, filters, 4, 2, 1), nn.LeakyReLU(0.2, True)]
    widths = [filters * min(2**depth, 8) for depth in range(halvings + 1)]
    for depth in range(halvings):
        stride = 2 if depth < halvings - 1 else 1
        layers += [nn.Conv2d(widths[depth], widths[depth + 1], 4, stride, 1, bias=bias), norm(kind, widths[depth + 1])]
        layers.append(nn.LeakyReLU(0.2, True))
    layers.append(nn.Conv2d(widths[-1], 1, 4, 1, 1))
    network = nn.Module()
    network.model = nn.Sequential(*layers)
    network.forward = network.model.forward
    return network


def generator(e: Experiment) -> nn.Module:
    if e.generator == "unet":
        return UNet(e.filters, e.norm, e.crop_size.bit_length() - 1)
    return resnet(e.filters, {"resnet6": 6, "resnet9": 9}[e.generator], e.norm)


def discriminator(e: Experiment, channels: int) -> nn.Module:
    return patchgan(channels, e.filters, e.norm, {16: 1, 70: 3, 286: 5}[e.patch])
