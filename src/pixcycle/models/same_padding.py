"""Convolutions with kernel 3 that halve or double an image, padded as in PyTorch's or in TensorFlow's networks."""

from torch import Tensor, nn

from pixcycle.models.convolution import Conv2d, ConvTranspose2d
from pixcycle.params.fields import Layers


class WithoutLastRowAndColumn(nn.Module):
    """(N, C, H + 1, W + 1) to (N, C, H, W), without the last row and column."""

    def forward(self, x: Tensor) -> Tensor:
        return x[..., :-1, :-1]


def halving(channels: int, out_channels: int, bias: bool, layers: Layers) -> list[nn.Module]:
    """Return the layers of y(i) = sum_k w(k) x(2 i + k - p), where k counts from 0, from an even side to its half.

    x is 0 outside the image. In the authors' code p = 1: a pixel is added all round. TensorFlow's padding `same`, in
    the reports' own code, has p = 0: a pixel is added at the right and bottom only.
    """
    if layers == "authors":
        return [Conv2d(channels, out_channels, 3, stride=2, padding=1, bias=bias)]
    return [nn.ZeroPad2d((0, 1, 0, 1)), Conv2d(channels, out_channels, 3, stride=2, bias=bias)]


def doubling(channels: int, out_channels: int, bias: bool, layers: Layers) -> list[nn.Module]:
    """Return the transposed convolution of `halving`, y(j) = sum_i w(j - 2 i + p) x(i), from a side to its double."""
    if layers == "authors":
        settings = {"stride": 2, "padding": 1, "output_padding": 1}
        return [ConvTranspose2d(channels, out_channels, 3, **settings, bias=bias)]
    return [ConvTranspose2d(channels, out_channels, 3, stride=2, bias=bias), WithoutLastRowAndColumn()]
