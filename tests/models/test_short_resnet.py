"""Compare the networks of report 001 with its Figure 2, written down a second time with PyTorch's functions."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from pixcycle.models.patchgan import PatchGAN
from pixcycle.models.short_resnet import ShortResnet
from tests.support.networks import randomised, taken_in_order


def described(network):
    """Return (filters, kernel, stride, transposed) of each convolution, in order."""
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    return [(m.out_channels, m.kernel_size[0], m.stride[0], isinstance(m, nn.ConvTranspose2d)) for m in convolutions]


def test_short_resnet_and_patch_46_have_the_layers_of_figure_2():
    with torch.device("meta"):
        g, d = ShortResnet(), PatchGAN(3, 46)
    assert described(g) == [
        *[(64, 7, 1, False), (128, 3, 2, False), (256, 3, 2, False)],
        *6 * [(256, 3, 1, False)],
        *[(128, 3, 2, True), (64, 3, 2, True), (3, 7, 1, False)],
    ]
    assert described(d) == [
        (64, 4, 2, False),
        (128, 4, 2, False),
        (256, 4, 2, False),
        (512, 4, 2, False),
        (1, 1, 1, False),
    ]
    assert [m.bias is not None for m in g.model.children() if isinstance(m, nn.Conv2d)] == [True, False, False, True]
    norms = [[m.num_features for m in network.modules() if isinstance(m, nn.BatchNorm2d)] for network in (g, d)]
    assert norms == [[128, 256, *6 * [256], 128, 64], [64, 128, 256, 512]]


def normed(x, norm, training):
    gain, offset, mean, variance = norm
    if training:
        mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)
    scale = gain / (variance + 1e-5).sqrt()
    y = (x - mean[:, None, None]) * scale[:, None, None] + offset[:, None, None]
    return torch.where(y > 0, y, 0.3 * y)


@pytest.mark.parametrize("training", [True, False])
def test_short_resnet_equals_figure_2_layer_by_layer(training):
    network = randomised(ShortResnet(filters=2, blocks=2)).train(training)
    take = taken_in_order(network)
    images = torch.rand(2, 3, 12, 16, dtype=torch.float64) * 2 - 1
    x = F.conv2d(images, *take(2), padding=3)
    for _ in range(2):
        x = normed(F.conv2d(x, *take(1), stride=2, padding=1), take(4), training)
    for _ in range(2):
        x = x + normed(F.conv2d(x, *take(1), padding=1), take(4), training)
    for _ in range(2):
        x = normed(F.conv_transpose2d(x, *take(1), stride=2, padding=1, output_padding=1), take(4), training)
    expected = F.conv2d(x, *take(2), padding=3).tanh()
    torch.testing.assert_close(network(images), expected)


@pytest.mark.parametrize("training", [True, False])
def test_patch_46_equals_figure_2_layer_by_layer(training):
    network = randomised(PatchGAN(3, 46, filters=2)).train(training)
    images = torch.rand(2, 3, 32, 48, dtype=torch.float64) * 2 - 1
    network.model[-2].bias.data -= network(images).median()  # so that some answers are negative
    take = taken_in_order(network)
    x = images
    for _ in range(4):
        x = normed(F.conv2d(x, *take(1), stride=2, padding=1), take(4), training)
    logits = F.conv2d(x, *take(2))
    assert logits.shape == (2, 1, 2, 3) and (logits < 0).any()
    torch.testing.assert_close(network(images), F.leaky_relu(logits, 0.3))
