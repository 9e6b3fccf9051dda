"""Compare the strided layers with their sums, pixel by pixel."""

import numpy as np
import pytest
import torch
from torch import nn

from pixcycle.models.same_padding import doubling, halving

PADDED_BEFORE = {"authors": 1, "kth": 0, "wustl": 0}
"""Rows and columns of zeros at the top and left."""


@pytest.mark.parametrize(("layers", "p"), PADDED_BEFORE.items())
def test_halving_equals_the_sum_over_its_kernel(layers, p):
    network = nn.Sequential(*halving(2, 3, True, layers)).double()
    weight, bias = (tensor.detach().numpy() for tensor in network.parameters())
    x = np.random.default_rng(0).normal(size=(2, 6, 8))
    padded = np.zeros((2, 9, 11))
    padded[:, p : p + 6, p : p + 8] = x
    expected = np.empty((3, 3, 4))
    for i, j in np.ndindex(3, 4):
        expected[:, i, j] = (weight * padded[:, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3]).sum((1, 2, 3)) + bias
    np.testing.assert_allclose(network(torch.tensor(x)[None])[0].detach(), expected)


@pytest.mark.parametrize("layers", PADDED_BEFORE)
def test_doubling_is_the_gradient_of_halving_with_the_same_weights(layers):
    """This is how TensorFlow defines a transposed convolution."""
    down = nn.Sequential(*halving(2, 3, False, layers)).double()
    up = nn.Sequential(*doubling(3, 2, False, layers)).double()
    up.load_state_dict({key: next(down.parameters()) for key in up.state_dict()})
    image = torch.randn(1, 2, 6, 8, dtype=torch.float64, requires_grad=True)
    small = torch.randn(1, 3, 3, 4, dtype=torch.float64)
    [gradient] = torch.autograd.grad(down(image), image, small)
    torch.testing.assert_close(up(small), gradient)


@pytest.mark.parametrize("layers", PADDED_BEFORE)
def test_doubling_adds_its_bias_to_every_pixel(layers):
    up = nn.Sequential(*doubling(1, 1, True, layers))
    bias = next(parameter for name, parameter in up.named_parameters() if name.endswith("bias"))
    assert torch.equal(up(torch.zeros(1, 1, 2, 3)), bias.expand(1, 1, 4, 6))
