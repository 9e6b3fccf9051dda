import math

import pytest
import torch
from torch import nn

from pixcycle.models.init import init_weights
from pixcycle.models.patchgan import PatchGAN
from pixcycle.models.unet import UNet


def values(network, kind, name):
    parameters = [getattr(m, name) for m in network.modules() if isinstance(m, kind)]
    return torch.cat([p.detach().flatten() for p in parameters if p is not None])


@pytest.mark.parametrize(("kind", "mean"), [(nn.Conv2d, 0), (nn.ConvTranspose2d, 0), (nn.BatchNorm2d, 1)])
def test_init_weights_draws_normal_weights_with_deviation_0_02(kind, mean):
    network = UNet(num_downs=5, filters=16)
    init_weights(network, torch.Generator().manual_seed(0))
    z = (values(network, kind, "weight") - mean) / 0.02
    n = len(z)
    assert abs(z.mean()) < 4 / math.sqrt(n)
    assert abs(z.square().mean() - 1) < 4 * math.sqrt(2 / n)
    within_one_sigma = math.erf(math.sqrt(0.5))
    assert abs((z.abs() < 1).double().mean() - within_one_sigma) < 4 * math.sqrt(0.25 / n)


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
