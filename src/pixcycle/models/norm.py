"""Normalisation layers of generators and discriminators."""

import torch
from torch import Tensor, nn

from pixcycle.params.fields import Layers, Norm

KERAS = {"eps": 1e-3}
"""Epsilon of Keras' norms and of TensorFlow Addons' instance norm, in the reports' own code; PyTorch's is 1e-5."""


class AnySizeInstanceNorm2d(nn.InstanceNorm2d):
    """`torch.nn.InstanceNorm2d` that accepts images of a single pixel, which it sets to its offset, or to 0."""

    def forward(self, x: Tensor) -> Tensor:
        cudnn = torch.backends.cudnn.enabled
        return torch.instance_norm(x, self.weight, self.bias, None, None, True, self.momentum, self.eps, cudnn)


class InstanceNorm2d(AnySizeInstanceNorm2d):
    """Instance norm: scale each channel of each image to mean 0 and variance 1.

    On CPUs, PyTorch's own layer (2.14) misreads a channels-last gradient of a single image as a contiguous one and
    returns a wrong gradient. It is therefore given contiguous gradients only. GPUs were not tested; their networks use
    the channels-last layout, so the copy is made there too, to be safe.
    """

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        if y.requires_grad:
            y.register_hook(Tensor.contiguous)
        return y


class AnySizeBatchNorm2d(nn.BatchNorm2d):
    """`torch.nn.BatchNorm2d` that accepts a single number for each channel, and sets it to its offset, as Keras does.

    A last batch of one image has a single number at a bottleneck of one pixel.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or x.numel() > self.num_features:
            return super().forward(x)
        with torch.no_grad():
            self.running_mean.lerp_(x.float().flatten(), self.momentum)
            self.running_var.mul_(1 - self.momentum)
        return (x - x) * self.weight[:, None, None].to(x.dtype) + self.bias[:, None, None].to(x.dtype)


class StoredNorm2d(nn.Module):
    """Batch norm whose stored statistics, mean 0 and variance 1, are always used and never updated (report 001's code).

    y = gain * x / sqrt(1 + epsilon) + offset for each channel, in training as at inference: nothing is normalised. That
    is what TensorFlow 1 computes if a training loop never asks for training mode.

    Parameters
    ----------
    channels
        C of the images (N, C, H, W).
    """

    def __init__(self, channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        gain = self.weight * (1 + KERAS["eps"]) ** -0.5
        return (x * gain[:, None, None] + self.bias[:, None, None]).to(x.dtype)


def norm_layer(norm: Norm, channels: int, layers: Layers = "authors") -> nn.Module:
    """Return batch norm with gain and offset, or instance norm, without running statistics.

    Parameters
    ----------
    layers
        authors: instance norm without gain and offset. ucsd and kth: with them, and for both norms the defaults of
        Keras: its epsilon, and running statistics that keep 0.99 of their value. wustl: `StoredNorm2d` for either.
    """
    if layers == "authors":
        return {"batch": nn.BatchNorm2d, "instance": InstanceNorm2d}[norm](channels)
    if layers == "wustl":
        return StoredNorm2d(channels)
    if norm == "batch":
        return AnySizeBatchNorm2d(channels, **KERAS, momentum=0.01)
    return InstanceNorm2d(channels, **KERAS, affine=True)


def needs_bias(norm: Norm, layers: Layers = "authors") -> bool:
    """Return whether the convolution before a norm has a bias.

    In the authors' code it has one before instance norm, as batch norm has an offset; in the code of report 001 always,
    in that of reports 000 and 003 never.
    """
    return norm == "instance" if layers == "authors" else layers == "wustl"


def has_gains(layer: nn.Module) -> bool:
    """Return whether a layer is a norm with a gain and an offset for each channel."""
    return isinstance(layer, nn.BatchNorm2d | nn.InstanceNorm2d | StoredNorm2d) and layer.weight is not None


def mixes_images(network: nn.Module) -> bool:
    """Return whether a network's output for an image depends on the other images of the batch."""
    return any(isinstance(layer, nn.BatchNorm2d) for layer in network.modules())
