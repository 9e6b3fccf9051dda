"""The two normalisations that generators and discriminators share."""

from torch import Tensor, nn

from pixcycle.scalars import Norm


class InstanceNorm2d(nn.InstanceNorm2d):
    """Scales each channel of each image to mean 0 and variance 1.

    On CPUs torch's own (2.14) takes a channels-last gradient of a single image for one whose channels lie apart, and
    gives back another gradient than that of its output. So it is only shown gradients whose channels lie apart. Cards
    were not tried; their networks are the ones that lie channels-last, and to be safe is worth a copy.
    """

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        if y.requires_grad:
            y.register_hook(Tensor.contiguous)
        return y


def norm_layer(norm: Norm, channels: int) -> nn.Module:
    """Batch norm with scale and shift, or instance norm with neither and no running statistics."""
    return {"batch": nn.BatchNorm2d, "instance": InstanceNorm2d}[norm](channels)


def needs_bias(norm: Norm) -> bool:
    """Whether the convolution before a norm has a bias, as in the authors' code; batch norm has its own."""
    return norm == "instance"


def mixes_images(network: nn.Module) -> bool:
    """Whether what it makes of an image depends on the other images of the batch."""
    return any(isinstance(layer, nn.BatchNorm2d) for layer in network.modules())
