"""Compare the U-Net of report 000's code with its layers, written down a second time with PyTorch's functions."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from pixcycle.models.unet_relu_first import UNetReluFirst
from tests.support.networks import leaky, normed, randomised, taken_in_order

OVER = {"batch": (0, 2, 3), "instance": (2, 3)}


def centred(network):
    """Draw weights around zero, so that negative values reach the joins."""
    network = randomised(network)
    draw = torch.Generator().manual_seed(1)
    for parameter in network.parameters():
        parameter.data = torch.randn(parameter.shape, generator=draw, dtype=torch.float64)
    return network


@pytest.mark.parametrize("skips", [True, False])
@pytest.mark.parametrize(("norm", "side"), [("batch", 8), ("batch", 16), ("instance", 8), ("instance", 16)])
def test_unet_relu_first_equals_its_layers_in_training(norm, side, skips):
    network = centred(UNetReluFirst(num_downs=3, filters=2, norm=norm, dropout=False, skips=skips)).train()
    take = taken_in_order(network)
    statistics = 2 if norm == "batch" else 0

    def norm_of(x):
        gain, offset, *_ = take(2 + statistics)
        return normed(x, gain, offset, OVER[norm], 1e-3)

    images = torch.rand(3, 3, side, side, dtype=torch.float64) * 2 - 1
    encoded = [leaky(F.conv2d(images, *take(1), stride=2, padding=1), 0.3)]
    for _ in range(2):  # also the innermost
        encoded.append(leaky(norm_of(F.conv2d(encoded[-1], *take(1), stride=2, padding=1)), 0.3))
    x = encoded[-1]
    for skip in (encoded[1], encoded[0]):
        x = norm_of(F.conv_transpose2d(x, *take(1), stride=2, padding=1)).clamp(min=0)
        assert (skip < 0).any()
        x = torch.cat([x, skip], 1) if skips else x
    expected = F.conv_transpose2d(x, *take(2), stride=2, padding=1).tanh()
    torch.testing.assert_close(network(images), expected, rtol=1e-5, atol=1e-6)


def test_unet_relu_first_has_the_widths_biases_and_norms_of_report_000():
    with torch.device("meta"):
        network = UNetReluFirst(first_dropout_block=1)
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    assert [m.out_channels for m in convolutions] == [
        *[64, 128, 256, 512, 512, 512, 512, 512],
        *[512, 512, 512, 512, 256, 128, 64, 3],
    ]
    assert [m.bias is not None for m in convolutions] == 15 * [False] + [True]
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    assert [m.num_features for m in norms] == [128, 256, 512, 512, 512, 512, 512, 512, 512, 512, 512, 256, 128, 64]
    assert {(m.eps, m.momentum) for m in norms} == {(1e-3, 0.01)}
    noisy = [block for block, up in enumerate(network.up, 1) if any(isinstance(m, nn.Dropout) for m in up)]
    assert noisy == [1, 2, 3]
    for layer, kind in zip(network.up[0], (nn.ConvTranspose2d, nn.BatchNorm2d, nn.Dropout, nn.ReLU), strict=True):
        assert isinstance(layer, kind)


def test_unet_relu_first_carries_nothing_past_instance_norm_of_one_pixel():
    """Without skips, every image then gives the same output."""
    images = torch.rand(2, 3, 8, 8)
    flat = UNetReluFirst(num_downs=3, filters=2, norm="instance", dropout=False, skips=False)
    torch.testing.assert_close(*flat(images), atol=1e-4, rtol=0)
    joined = UNetReluFirst(num_downs=3, filters=2, norm="instance", dropout=False)
    assert (joined(images)[0] - joined(images)[1]).abs().max() > 0.01
