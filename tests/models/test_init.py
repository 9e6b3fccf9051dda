import math

import pytest
import torch
from torch import nn

from pixcycle.models.init import init_weights
from pixcycle.models.patchgan import PatchGAN
from pixcycle.models.resnet import ResnetGenerator
from pixcycle.models.short_resnet import ShortResnet
from pixcycle.models.unet import UNet


def values(network, kind, name):
    parameters = [getattr(m, name) for m in network.modules() if isinstance(m, kind)]
    return torch.cat([p.detach().flatten() for p in parameters if p is not None])


@pytest.mark.parametrize(("kind", "mean"), [(nn.Conv2d, 0), (nn.ConvTranspose2d, 0), (nn.BatchNorm2d, 1)])
def test_init_weights_draws_normal_weights_with_deviation_0_02(kind, mean):
    network = UNet(num_downs=5, filters=16)
    init_weights(network, torch.Generator().manual_seed(0))
    assert_normal(values(network, kind, "weight") - mean, 0.02)


def assert_normal(drawn, deviation):
    """Check mean, variance and the share within one standard deviation, each to four standard errors."""
    z, n = drawn / deviation, len(drawn)
    assert abs(z.mean()) < 4 / math.sqrt(n)
    assert abs(z.square().mean() - 1) < 4 * math.sqrt(2 / n)
    within_one_sigma = math.erf(math.sqrt(0.5))
    assert abs((z.abs() < 1).double().mean() - within_one_sigma) < 4 * math.sqrt(0.25 / n)


def test_init_weights_wide_draws_weights_gains_and_offsets_with_variance_0_02():
    network = ResnetGenerator(filters=16, layers="kth")
    init_weights(network, torch.Generator().manual_seed(0), "wide")
    for kind in (nn.Conv2d, nn.ConvTranspose2d):
        assert_normal(values(network, kind, "weight"), math.sqrt(0.02))
    for name in ("weight", "bias"):
        assert_normal(values(network, nn.InstanceNorm2d, name), math.sqrt(0.02))
    assert values(network, nn.Conv2d, "bias").tolist() == [0, 0, 0]  # the last layer's, the only one


@pytest.mark.parametrize("transposed", [False, True])
def test_init_weights_glorot_is_uniform_within_the_bound_of_keras(transposed):
    """Its fans are the kernel's area times channels in, and times channels out, also if transposed."""
    network = ShortResnet(filters=32, layers="wustl")
    init_weights(network, torch.Generator().manual_seed(0), "glorot")
    kind = nn.ConvTranspose2d if transposed else nn.Conv2d
    layers = [m for m in network.modules() if isinstance(m, kind)]
    assert len(layers) == (2 if transposed else 10)
    for layer in layers:
        kernel, limits = layer.kernel_size[0], layer.in_channels + layer.out_channels
        u = (layer.weight.detach().flatten() / math.sqrt(6 / (kernel**2 * limits))).double()
        n = len(u)
        assert u.abs().max() <= 1
        assert abs(u.mean()) < 4 * math.sqrt(1 / 3 / n)
        assert abs(u.square().mean() - 1 / 3) < 4 * math.sqrt(4 / 45 / n)
        assert torch.equal(layer.bias, torch.zeros_like(layer.bias))


@pytest.mark.parametrize("initial_weights", ["unit_gains", "glorot"])
@pytest.mark.parametrize(
    "network",
    [UNet(num_downs=4, filters=2), ResnetGenerator(filters=2, layers="kth"), ShortResnet(filters=2, layers="wustl")],
)
def test_init_weights_starts_norms_at_gain_1_and_offset_0(network, initial_weights):
    norms = [m for m in network.modules() if type(m).__name__.endswith("Norm2d")]
    for norm in norms:
        nn.init.constant_(norm.weight, 9)
        nn.init.constant_(norm.bias, 9)
    init_weights(network, initial_weights=initial_weights)
    assert len(norms) > 1
    assert all((norm.weight == 1).all() and (norm.bias == 0).all() for norm in norms)


def test_init_weights_unit_gains_draws_convolutions_with_deviation_0_02():
    network = UNet(num_downs=5, filters=16)
    init_weights(network, torch.Generator().manual_seed(0), "unit_gains")
    assert_normal(values(network, nn.Conv2d, "weight"), 0.02)


def test_init_weights_sets_every_bias_to_zero():
    for network in (UNet(num_downs=5, filters=4, norm="instance"), PatchGAN(3, 70, filters=4, norm="batch")):
        for _, bias in (named for named in network.named_parameters() if named[0].endswith("bias")):
            nn.init.constant_(bias, 9)
        init_weights(network)
        biases = [p for name, p in network.named_parameters() if name.endswith("bias")]
        assert len(biases) > 4
        assert all(torch.equal(bias, torch.zeros_like(bias)) for bias in biases)


def test_init_weights_depends_on_the_seed_only():
    def drawn(seed):
        network = PatchGAN(3, 70, filters=4)
        init_weights(network, torch.Generator().manual_seed(seed))
        return values(network, nn.Conv2d | nn.BatchNorm2d, "weight")

    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))
