"""Networks written down a second time with PyTorch's functions: their tensors, in order, and their norms."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def randomised(network: nn.Module) -> nn.Module:
    """Give a network random positive parameters and statistics, in float64."""
    draw = torch.Generator().manual_seed(0)
    for tensor in network.state_dict().values():
        if tensor.dtype.is_floating_point:
            tensor.copy_(torch.rand(tensor.shape, generator=draw) * 0.4 + 0.1)
    return network.double()


def taken_in_order(network: nn.Module) -> Callable[[int], list[Tensor]]:
    """Return a function that takes the next tensors of a network: weight, bias, and those of its norm.

    The tensors are copies, as a forward pass in training mode changes running statistics.
    """
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    tensors = iter([tensor for name, tensor in state.items() if "num_batches" not in name])
    return lambda count: [next(tensors) for _ in range(count)]


def normed(x: Tensor, gain: Tensor, offset: Tensor, over: tuple[int, ...], epsilon: float) -> Tensor:
    """Return gain (x - mean) / sqrt(variance + epsilon) + offset, with mean and variance over some dimensions of x."""
    centred = x - x.mean(over, keepdim=True)
    variance = centred.square().mean(over, keepdim=True)
    return centred / (variance + epsilon).sqrt() * gain[:, None, None] + offset[:, None, None]


def leaky(x: Tensor, slope: float) -> Tensor:
    return torch.where(x > 0, x, slope * x)
