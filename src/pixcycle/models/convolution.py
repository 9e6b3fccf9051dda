"""The convolutions of all networks: torch's, which on a CPU take a faster way to the same sums where there is one.

Libraries for CPUs are made for many pixels, many channels and few weights. Where a U-Net is deepest it is the other way
round, an image has three channels, and no library has Winograd's algorithm for training.
"""

from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pixcycle.models import winograd

FEW_PIXELS = 64
"""Pixels of a batch up to which a product of matrices is faster: it reads the weights as they lie."""


class Conv2d(nn.Conv2d):
    """With square kernels and padding with zeros."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int = 1, padding: int = 0, bias=True):
        super().__init__(in_channels, out_channels, kernel, stride, padding, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        k, stride, pad = self.kernel_size[0], self.stride[0], self.padding[0]
        height, width = ((side + 2 * pad - k) // stride + 1 for side in x.shape[2:])
        if x.device.type != "cpu" or k == 1:
            return super().forward(x)
        if len(x) * height * width <= FEW_PIXELS:
            columns = F.unfold(x, k, padding=pad, stride=stride).mT.flatten(0, 1)
            y = F.linear(columns, self.weight.flatten(1), self.bias)
            return y.unflatten(0, (-1, height, width)).permute(0, 3, 1, 2)
        if stride > 1 or torch.is_autocast_enabled("cpu"):  # bfloat16 is too coarse for what follows
            return super().forward(x)
        if k > 4 and self.out_channels < 16:
            return _biased(self._row_by_row(F.pad(x, [pad] * 4), width), self.bias)
        many = min(self.weight.shape[:2]) >= 128 and len(x) * prod(winograd.tiles(height, width, k)) >= 64
        if k in winograd.TRANSFORMS and many:
            return _biased(winograd.conv2d(x, self.weight, pad), self.bias)
        return super().forward(x)

    def _row_by_row(self, x: Tensor, width: int) -> Tensor:
        """k x 1 kernels, one for each column of a kernel, whose outputs are then shifted and added.

        They have k times as many output channels, where a CPU's vectors are longer than those.
        """
        o, c, k, _ = self.weight.shape
        y = F.conv2d(x, self.weight.permute(0, 3, 1, 2).reshape(o * k, c, k, 1)).unflatten(1, (o, k))
        return sum(y[:, :, column, :, column : column + width] for column in range(k))


class ConvTranspose2d(nn.ConvTranspose2d):
    """With square kernels."""

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
        n, _, height, width = x.shape
        if x.device.type != "cpu" or n * height * width > FEW_PIXELS:
            return super().forward(x)
        k, stride, pad, more = self.kernel_size[0], self.stride[0], self.padding[0], self.output_padding[0]
        made = [(side - 1) * stride - 2 * pad + k + more for side in (height, width)]
        columns = x.flatten(2).mT.flatten(0, 1) @ self.weight.flatten(1)
        y = F.fold(columns.unflatten(0, (n, -1)).mT, made, k, padding=pad, stride=stride)
        return _biased(y, self.bias)


def _biased(y: Tensor, bias: Tensor | None) -> Tensor:
    return y if bias is None else y + bias.to(y.dtype)[:, None, None]
