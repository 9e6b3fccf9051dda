import pytest
import torch
from torch import nn

from pixcycle.models.unet import UNet
from pixcycle.params.network_sizes import downsamplings


def images(side, seed=0):
    return torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.mark.parametrize("skips", [True, False])
@pytest.mark.parametrize("crop_size", [256, 128, 64, 32, 8])
def test_unet_output_has_input_size_and_is_within_minus_one_and_one(crop_size, skips):
    network = UNet(num_downs=downsamplings(crop_size), filters=4, skips=skips)
    y = network(images(crop_size))
    assert y.shape == (2, 3, crop_size, crop_size)
    assert -1 <= y.min() < y.max() <= 1


def silence_innermost_block(network):
    """Zero the encoder's last convolution, so that the bottleneck holds zeros for every image."""
    bottleneck_convolution = [m for m in network.modules() if isinstance(m, nn.Conv2d)][-1]
    nn.init.zeros_(bottleneck_convolution.weight)


def test_unet_without_skips_passes_all_information_through_bottleneck():
    network = UNet(num_downs=5, filters=4, skips=False).eval()
    assert not torch.equal(network(images(32, seed=1)), network(images(32, seed=2)))
    silence_innermost_block(network)
    assert torch.equal(network(images(32, seed=1)), network(images(32, seed=2)))


def test_unet_with_skips_passes_information_around_the_bottleneck():
    network = UNet(num_downs=5, filters=4, skips=True).eval()
    silence_innermost_block(network)
    assert not torch.equal(network(images(32, seed=1)), network(images(32, seed=2)))


def test_unet_bottleneck_of_a_matching_crop_is_one_pixel():
    shapes = []
    network = UNet(num_downs=6, filters=2)
    innermost = [m for m in network.modules() if isinstance(m, nn.Conv2d)][-1]
    innermost.register_forward_hook(lambda module, args, output: shapes.append(output.shape))
    network(images(64))
    assert shapes == [(2, 16, 1, 1)]


@pytest.mark.parametrize(("num_downs", "depths"), [(8, [5, 4, 3]), (7, [4, 3]), (6, [3]), (5, [2]), (4, [1]), (3, [0])])
def test_unet_dropout_ends_decoder_blocks_next_to_the_innermost(num_downs, depths):
    network = UNet(num_downs=num_downs, filters=1)
    dropouts = {name: module.p for name, module in network.named_modules() if isinstance(module, nn.Dropout)}
    assert dropouts == {"model.model.1.model" + ".3.model" * depth + ".7": 0.5 for depth in depths}


@pytest.mark.parametrize(("num_downs", "depths"), [(8, [6, 5, 4]), (7, [5, 4, 3]), (6, [4, 3, 2]), (3, [1, 0])])
def test_unet_dropout_ends_the_first_three_decoder_blocks_from_block_1(num_downs, depths):
    network = UNet(num_downs=num_downs, filters=1, first_dropout_block=1)
    dropouts = {name: module.p for name, module in network.named_modules() if isinstance(module, nn.Dropout)}
    innermost = num_downs - 2
    last = {depth: ".5" if depth == innermost else ".7" for depth in depths}
    assert dropouts == {"model.model.1.model" + ".3.model" * depth + last[depth]: 0.5 for depth in depths}


@pytest.mark.parametrize("dropout", [True, False])
def test_unet_passes_in_training_differ_only_by_dropout(dropout):
    network = UNet(num_downs=6, filters=4, dropout=dropout).train()
    assert torch.equal(network(images(64)), network(images(64))) is not dropout
