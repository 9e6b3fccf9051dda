"""Convolutions of all networks: PyTorch's own, with faster algorithms for some shapes on CPUs.

CPU libraries are optimised for many pixels and few weights. The deepest layers of a U-Net have few pixels and many
weights, the last layer of a ResNet has three output channels, and no library offers Winograd's algorithm for training.
Each condition below depends on shapes alone. It selects the shapes for which the algorithm is at least as fast as
PyTorch's, on CPUs with AVX-512 and on those with AVX2 only (``benchmarks/convolutions.py``).
"""

from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pixcycle.models import bf16, winograd

FEW_PIXELS = 64
"""Up to this many output pixels in a batch a matrix product is faster, as it reads the weights in memory order."""


class Conv2d(nn.Conv2d):
    """A convolution with a square kernel and zero padding; see `torch.nn.Conv2d`."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int = 1, padding: int = 0, bias=True):
        super().__init__(in_channels, out_channels, kernel, stride, padding, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type != "cpu":
            return super().forward(x)
        return _under_autocast(self._on_cpu, x, self.weight, self.bias)

    def _on_cpu(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        (o, c, k, _), stride, pad = weight.shape, self.stride[0], self.padding[0]
        height, width = ((side + 2 * pad - k) // stride + 1 for side in x.shape[2:])
        if k == 4 and o > 1 and len(x) * height * width <= FEW_PIXELS:
            columns = F.unfold(x, k, padding=pad, stride=stride).movedim(0, 1).flatten(1)
            y = weight.flatten(1) @ columns
            return _biased(y.view(o, len(x), height, width).movedim(0, 1), bias)
        if stride == 1 and not torch.is_autocast_enabled("cpu"):  # bfloat16 is too coarse for intermediate sums
            if k > 4 and c >= 5 * o:
                return _biased(_column_by_column(F.pad(x, [pad] * 4), weight), bias)
            large = min(o, c) >= 128 and len(x) * prod(winograd.tiles(height, width, k)) >= 64
            if k in winograd.TRANSFORMS and large:
                return _biased(winograd.conv2d(x, weight, pad), bias)
        return self._conv_forward(x, weight, bias)


class ConvTranspose2d(nn.ConvTranspose2d):
    """A transposed convolution with a square kernel; see `torch.nn.ConvTranspose2d`."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        stride: int = 1,
        padding: int = 0,
        output_padding: int = 0,
        bias: bool = True,
    ):
        super().__init__(in_channels, out_channels, kernel, stride, padding, output_padding, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type != "cpu":
            return super().forward(x)
        return _under_autocast(self._on_cpu, x, self.weight, self.bias)

    def _on_cpu(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        n, _, height, width = x.shape
        k, stride, pad, output_pad = weight.shape[2], self.stride[0], self.padding[0], self.output_padding[0]
        if k != 4 or n * height * width > FEW_PIXELS:
            return F.conv_transpose2d(x, weight, bias, stride, pad, output_pad)
        sides = [(side - 1) * stride - 2 * pad + k + output_pad for side in (height, width)]
        columns = x.flatten(2).mT.flatten(0, 1) @ weight.flatten(1)
        return _biased(F.fold(columns.unflatten(0, (n, -1)).mT, sides, k, padding=pad, stride=stride), bias)


def _under_autocast(convolve, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Convolve in float32, or under autocast in bfloat16, with or without the CPU's bfloat16 instructions."""
    if not bf16.computed_in_float32():
        return convolve(x, weight, bias)
    with torch.autocast("cpu", enabled=False):
        return convolve(bf16.rounded(x), bf16.rounded(weight), bf16.rounded(bias)).bfloat16()


def _column_by_column(x: Tensor, weight: Tensor) -> Tensor:
    """Convolve with the k x 1 columns of the kernels, then shift and add the outputs; stride 1, no padding.

    This convolution has k times as many output channels, enough to fill a CPU's vectors.
    """
    o, c, k, _ = weight.shape
    width = x.shape[3] - k + 1
    y = F.conv2d(x, weight.permute(0, 3, 1, 2).reshape(o * k, c, k, 1)).unflatten(1, (o, k))
    return sum(y[:, :, column, :, column : column + width] for column in range(k))


def _biased(y: Tensor, bias: Tensor | None) -> Tensor:
    return y if bias is None else y + bias.to(y.dtype)[:, None, None]
