"""Convolutions in closed form: their weights and cost, computed without importing torch.

Training a convolution takes three products: the output in the forward pass, and the gradients of the weights and of the
input in the backward pass. All three take the same number of FLOPs and involve the same three tensors: input, output
and weights.
"""

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Convolution:
    """A convolution of square images, of side_in x side_in to side_out x side_out pixels.

    The kernel is applied once for each pixel of the smaller of the two images, and each time connects all input
    channels with all output channels.
    """

    channels_in: int
    channels_out: int
    kernel: int
    side_in: int
    side_out: int

    @property
    def weights(self) -> int:
        return self.channels_in * self.channels_out * self.kernel**2

    @property
    def flops(self) -> int:
        """FLOPs of the forward pass for one image; a multiplication and its addition count as 2."""
        return 2 * self.weights * min(self.side_in, self.side_out) ** 2

    @property
    def numbers(self) -> int:
        """Numbers in the input and the output for one image."""
        return self.channels_in * self.side_in**2 + self.channels_out * self.side_out**2


def chain(kernel: int, channels: list[int], sides: list[int]) -> list[Convolution]:
    """Return a sequence of convolutions with the same kernel, each the input of the next.

    Parameters
    ----------
    kernel
        Side of the kernel.
    channels, sides
        Channels and image side before each layer, and after the last.
    """
    return [Convolution(*c, kernel, *s) for c, s in zip(pairwise(channels), pairwise(sides), strict=True)]


def trained(layers: list[Convolution]) -> list[Convolution]:
    """Return the products of a training step of a network: the first layer's input needs no gradient."""
    return 2 * layers[:1] + 3 * layers[1:]
