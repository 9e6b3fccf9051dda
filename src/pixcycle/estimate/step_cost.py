"""Cost of a training step: its convolutions, FLOPs and parameters."""

from pixcycle.methods.registry import METHODS
from pixcycle.models.closed_form import Convolution
from pixcycle.params.experiment import Experiment


def products(e: Experiment) -> list[Convolution]:
    """Return the convolutions of a step, each listed once for every product that it takes."""
    return METHODS[e.method].products(e)


def image_flops(e: Experiment) -> int:
    """Return the FLOPs of a training step per image: per pair or, without pairs, per image of each domain.

    A multiplication and its addition count as 2. Norms, losses and optimisers are limited by memory and not counted.
    The FLOPs of a batch are the sum over its images. At 256x256 pixels and 64 filters: 87 GFLOP for pix2pix with a
    U-Net, 1879 GFLOP for CycleGAN with ResNets of 9 blocks and identity loss (1287 without).
    """
    return sum(product.flops for product in products(e))


def parameters(e: Experiment) -> int:
    """Return the number of convolution weights in all networks of a run; biases and norms add 0.1% at 64 filters."""
    return sum(layer.weights for layer in METHODS[e.method].layers(e))


def kept(e: Experiment) -> list[Convolution]:
    """Return the convolutions whose inputs and outputs are held in memory together until the backward pass."""
    return METHODS[e.method].kept(e)
