"""Compare networks with `layers` of a report's code with their layers, written down with PyTorch's functions."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from pixcycle.models.build import build_discriminator, build_generator
from pixcycle.models.norm import StoredNorm2d
from pixcycle.models.patchgan import PatchGAN
from pixcycle.models.resnet import ResnetGenerator
from pixcycle.models.short_resnet import ShortResnet
from tests.support.networks import leaky, normed, randomised, taken_in_order

PER_IMAGE, PER_BATCH = (2, 3), (0, 2, 3)


def halved(x, weight, bias=None):
    return F.conv2d(F.pad(x, (0, 1, 0, 1)), weight, bias, stride=2)


def doubled(x, weight, bias=None):
    return F.conv_transpose2d(x, weight, bias, stride=2)[:, :, :-1, :-1]


def reflected(x, pad, weight, bias=None):
    return F.conv2d(F.pad(x, 4 * [pad], mode="reflect"), weight, bias)


def images(height=12, width=16):
    return torch.rand(2, 3, height, width, dtype=torch.float64) * 2 - 1


def test_resnet_of_report_003_equals_its_layers():
    network = randomised(ResnetGenerator(filters=2, blocks=2, layers="kth"))
    take = taken_in_order(network)

    def norm_of(x):
        return normed(x, *take(2), PER_IMAGE, 1e-3)

    batch = images()
    x = norm_of(reflected(batch, 3, *take(1))).relu()
    for _ in range(2):
        x = norm_of(halved(x, *take(1))).relu()
    for _ in range(2):
        inner = norm_of(reflected(x, 1, *take(1))).relu()
        x = x + norm_of(reflected(inner, 1, *take(1)))
    for _ in range(2):
        x = norm_of(doubled(x, *take(1))).relu()
    expected = reflected(x, 3, *take(2)).tanh()
    torch.testing.assert_close(network(batch), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("training", [True, False])
def test_short_resnet_of_report_001_code_equals_its_layers(training):
    network = randomised(ShortResnet(filters=2, blocks=2, layers="wustl")).train(training)
    take = taken_in_order(network)
    batch = images()
    x = F.conv2d(batch, *take(2), padding=3)
    for _ in range(2):
        x = leaky(halved(x, *take(2)), 0.3)
    for _ in range(2):
        x = x + leaky(F.conv2d(x, *take(2), padding=1), 0.3)
    for _ in range(2):
        x, (gain, offset) = doubled(x, *take(2)), take(2)
        x = leaky(gain[:, None, None] * x / 1.001**0.5 + offset[:, None, None], 0.3)
    expected = F.conv2d(x, *take(2), padding=3).tanh()
    torch.testing.assert_close(network(batch), expected)


def test_discriminator_of_report_001_code_has_no_norm_and_ends_leaky():
    network = randomised(PatchGAN(3, 46, filters=2, layers="wustl"))
    for parameter in network.parameters():
        parameter.data -= 0.3  # so that some answers are negative
    take = taken_in_order(network)
    batch = images(32, 48)
    x = batch
    for _ in range(4):
        x = leaky(F.conv2d(x, *take(2), stride=2, padding=1), 0.3)
    logits = F.conv2d(x, *take(2))
    assert (logits < 0).any()
    torch.testing.assert_close(network(batch), leaky(logits, 0.3))


@pytest.mark.parametrize(
    ("layers", "norm", "slope", "first_bias", "over"),
    [
        ("ucsd", "batch", 0.3, 0, [PER_BATCH, PER_BATCH, PER_BATCH]),
        ("ucsd", "instance", 0.3, 0, [PER_IMAGE, PER_IMAGE, PER_BATCH]),
        ("kth", "instance", 0.2, 1, [PER_IMAGE, PER_IMAGE, PER_IMAGE]),
    ],
)
def test_patch_70_of_reports_000_and_003_equals_its_layers(layers, norm, slope, first_bias, over):
    network = randomised(PatchGAN(3, 70, filters=2, norm=norm, layers=layers)).train()
    take = taken_in_order(network)
    batch = images(32, 40)
    x = leaky(F.conv2d(batch, *take(1 + first_bias), stride=2, padding=1), slope)
    for stride, dimensions in zip((2, 2, 1), over, strict=True):
        x = F.conv2d(x, *take(1), stride=stride, padding=1)
        gain, offset, *_ = take(4 if dimensions == PER_BATCH else 2)
        x = leaky(normed(x, gain, offset, dimensions, 1e-3), slope)
    torch.testing.assert_close(network(batch), F.conv2d(x, *take(2), padding=1), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("patch", "norms"), [(1, 1), (16, 1), (286, 5)])
def test_discriminators_of_report_000_have_a_bias_in_the_last_layer_only(patch, norms):
    network = PatchGAN(6, patch, filters=2, norm="instance", layers="ucsd")
    biased = [m.bias is not None for m in network.modules() if isinstance(m, nn.Conv2d)]
    assert biased == (len(biased) - 1) * [False] + [True]
    batch_norms = [isinstance(m, nn.BatchNorm2d) for m in network.modules() if type(m).__name__.endswith("Norm2d")]
    assert batch_norms == (norms - 1) * [False] + [True]


@pytest.mark.parametrize(("layers", "kind"), [("authors", nn.BatchNorm2d), ("wustl", StoredNorm2d)])
def test_build_passes_layers_to_generator_and_discriminator(layers, kind):
    settings = {"crop_size": 16, "filters": 2, "norm": "batch", "dropout": False, "layers": layers}
    network = build_generator("resnet6_short", **settings)
    assert any(isinstance(m, kind) for m in network.modules())
    of_d = build_discriminator(46, 3, 2, "batch", layers).modules()
    assert any(isinstance(m, nn.BatchNorm2d) for m in of_d) == (layers == "authors")
