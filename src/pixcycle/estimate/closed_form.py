"""What a training step computes, in closed form: the products of its convolutions, and the parameters of its networks.

A convolution is three products: its output; backward, the gradient of its weights, and that of its input. Each takes as
many FLOPs as the others, and joins or makes the same three: an image's numbers in and out, and the weights.
"""

from pixcycle.estimate.layers import Convolution, discriminator, generator
from pixcycle.schema import Experiment


def products(e: Experiment) -> list[Convolution]:
    """Of a step; a convolution appears once for each product."""
    g, d = generator(e), discriminator(e)
    judged = 2 * _trained(d) + 2 * d  # D learns from a real and a fake image; G looks through a frozen D
    if e.method == "pix2pix":
        return _trained(g) + judged
    there, back = _trained(g), 3 * g  # on the way back the first layer passes its gradient on
    identity = _trained(g) if e.lambda_identity else []
    return 2 * (there + back + identity) + e.discriminators * judged


def image_flops(e: Experiment) -> int:
    """What one image (a pair; for CycleGAN one image of each domain) costs in a training step.

    A multiplication and its addition are 2. Norms, losses and optimisers are bound by memory and not counted. A batch
    costs as much as its images. At 256x256 pixels and 64 filters: 87 GFLOP for pix2pix with a U-Net, 1879 GFLOP for
    CycleGAN with ResNets of 9 blocks and identity loss (1287 without).
    """
    return sum(product.flops for product in products(e))


def parameters(e: Experiment) -> int:
    """Of all networks of a run: the weights of convolutions. Biases and norms would add a thousandth at 64 filters."""
    generators, discriminators = (1, 1) if e.method == "pix2pix" else (2, e.discriminators)
    return sum(layer.weights for layer in generators * generator(e) + discriminators * discriminator(e))


def kept(e: Experiment) -> list[Convolution]:
    """Whose numbers, in and out, lie in memory together until they are needed backward.

    D's step of pix2pix keeps G's pass; that of CycleGAN comes when G's are done with.
    """
    g, d = generator(e), discriminator(e)
    if e.method == "pix2pix":
        return g + 2 * d
    return (6 if e.lambda_identity else 4) * g + e.discriminators * d


def _trained(layers: list[Convolution]) -> list[Convolution]:
    """The image itself needs no gradient."""
    return 2 * layers[:1] + 3 * layers[1:]
