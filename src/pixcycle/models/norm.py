"""Normalisation layers of generators and discriminators."""

from torch import Tensor, nn

from pixcycle.params.fields import Norm


class InstanceNorm2d(nn.InstanceNorm2d):
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


def norm_layer(norm: Norm, channels: int) -> nn.Module:
    """Return batch norm with scale and shift, or instance norm without them and without running statistics."""
    return {"batch": nn.BatchNorm2d, "instance": InstanceNorm2d}[norm](channels)


def needs_bias(norm: Norm) -> bool:
    """Return whether the convolution before a norm needs a bias, as in the authors' code; batch norm has its own."""
    return norm == "instance"


def mixes_images(network: nn.Module) -> bool:
    """Return whether a network's output for an image depends on the other images of the batch."""
    return any(isinstance(layer, nn.BatchNorm2d) for layer in network.modules())
