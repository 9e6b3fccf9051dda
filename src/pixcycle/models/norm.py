"""The two normalisations that generators and discriminators share."""

from typing import Literal

from torch import nn

Norm = Literal["batch", "instance"]


def norm_layer(norm: Norm, channels: int) -> nn.Module:
    """Batch norm with scale and shift, or instance norm with neither and no running statistics."""
    return {"batch": nn.BatchNorm2d, "instance": nn.InstanceNorm2d}[norm](channels)


def needs_bias(norm: Norm) -> bool:
    """Whether the convolution before a norm has a bias, as in the authors' code; batch norm has its own."""
    return norm == "instance"


def mixes_images(network: nn.Module) -> bool:
    """Whether what it makes of an image depends on the other images of the batch."""
    return any(isinstance(layer, nn.BatchNorm2d) for layer in network.modules())
