import pytest
import torch

from pixcycle.base.errors import UserError
from pixcycle.models.build import build_discriminator, build_generator
from pixcycle.models.patchgan import receptive_field
from pixcycle.models.resnet import ResnetBlock
from pixcycle.models.unet import UNetBlock


@pytest.mark.parametrize(("crop_size", "blocks"), [(256, 7), (64, 5), (512, 7)])
def test_build_generator_sets_unet_depth_from_crop_size(crop_size, blocks):
    network = build_generator("unet", crop_size=crop_size, filters=1, norm="batch", dropout=True, skips=True)
    assert sum(isinstance(m, UNetBlock) for m in network.modules()) == blocks


def test_build_generator_rejects_unet_with_invalid_crop_size():
    with pytest.raises(UserError, match="100 pixels"):
        build_generator("unet", crop_size=100, filters=1, norm="batch", dropout=True, skips=True)


@pytest.mark.parametrize(("name", "blocks"), [("resnet6", 6), ("resnet9", 9)])
def test_build_generator_sets_resnet_blocks_and_keeps_image_size(name, blocks):
    network = build_generator(name, crop_size=8, filters=2, norm="instance", dropout=True)
    assert sum(isinstance(m, ResnetBlock) for m in network.modules()) == blocks
    assert sum(isinstance(m, torch.nn.Dropout) for m in network.modules()) == blocks
    for side in (8, 20):
        y = network(torch.rand(1, 3, side, side))
        assert y.shape == (1, 3, side, side)
        assert y.abs().max() <= 1


def test_build_discriminator_sets_patch_channels_and_norm():
    network = build_discriminator(16, 6, filters=2, norm="instance")
    assert receptive_field(network) == 16
    assert network(torch.zeros(1, 6, 32, 32)).shape == (1, 1, 14, 14)
    assert [type(m).__name__ for m in network.modules()].count("InstanceNorm2d") == 1
