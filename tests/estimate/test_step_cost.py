"""The closed forms, compared with layers written down by hand and with what torch counts in the real step."""

import pytest
import torch
from lightning_fabric import Fabric
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from pixcycle.estimate.step_cost import image_flops, kept, parameters
from pixcycle.methods.registry import METHODS
from pixcycle.models.convolution import Conv2d, ConvTranspose2d
from pixcycle.params.load import load_params
from pixcycle.plan.scales import resolved
from tests.conftest import tiny_experiment
from tests.support import ROOT
from tests.support.counted import WITHOUT_COST, counted

UNET = [
    *[(3, 4, 8), (4, 8, 4), (8, 16, 2), (16, 32, 1)],
    *[(32, 16, 1), (32, 8, 2), (16, 4, 4), (8, 3, 8)],
]
"""Channels in and out of each 4x4 convolution at 16x16 pixels and 4 filters, and the smaller of its two sides.

The smaller side of a transposed convolution is its input. With skips, it is twice as deep as the inner block's output.
"""
FLAT_UNET = [*UNET[:5], (16, 8, 2), (8, 4, 4), (4, 3, 8)]
"""The same U-Net without skips."""


def patchgan(seen):
    """Return the layers of PatchGAN 16 at 16x16 pixels and 4 filters: one halves the side, two lose a pixel each."""
    return [(seen, 4, 8), (4, 8, 7), (8, 1, 6)]


def forward(layers):
    """Return the FLOPs forward: per number at the smaller side 4 * 4 * (channels in) multiplications and additions."""
    return sum(2 * 4 * 4 * c_in * c_out * side**2 for c_in, c_out, side in layers)


def trained(layers):
    """Return the FLOPs forward, and backward to the weights of all layers and the inputs of all but the first."""
    return 3 * forward(layers) - forward(layers[:1])


def looked_through(layers):
    """Return the FLOPs forward, and backward to the inputs of all layers, with frozen weights."""
    return 2 * forward(layers)


def test_image_flops_of_pix2pix():
    d = patchgan(6)
    assert image_flops(tiny_experiment()) == trained(UNET) + 2 * trained(d) + looked_through(d)


def test_image_flops_without_skips_halve_decoder_channels():
    d = patchgan(6)
    assert image_flops(tiny_experiment(skips=False)) == trained(FLAT_UNET) + 2 * trained(d) + looked_through(d)


@pytest.mark.parametrize("judges", [1, 2])
def test_image_flops_of_cyclegan(judges):
    there, back = trained(UNET), 3 * forward(UNET)  # the backward generator's first layer passes its gradient on
    d = patchgan(3)
    expected = 2 * (there + back) + judges * (2 * trained(d) + looked_through(d))
    assert image_flops(tiny_experiment("cyclegan", discriminators=judges)) == expected


def test_image_flops_of_identity_loss_are_one_more_image_per_generator():
    without, with_identity = (image_flops(tiny_experiment("cyclegan", lambda_identity=weight)) for weight in (0, 0.5))
    assert with_identity - without == 2 * trained(UNET)


def test_parameters_equal_those_of_authors_networks():
    e = tiny_experiment(crop_size=256, load_size=256, filters=64, patch=70)
    authors = 54_413_955 + 2_768_705  # printed as 54.414 M and 2.769 M by the authors' code
    assert parameters(e) == pytest.approx(authors, rel=1e-3)


def architectures():
    """Return one experiment of params.yaml at full scale for each different cost."""
    experiments = dict(resolved(load_params(ROOT / "params.yaml"), "full"))
    distinct = {e.model_dump_json(exclude=WITHOUT_COST): id for id, e in experiments.items()}
    return [pytest.param(experiments[id], id=id) for id in distinct.values()]


@pytest.mark.parametrize("experiment", architectures())
def test_image_flops_parameters_and_kept_match_real_step_of_reports(experiment):
    real = counted(experiment)
    assert image_flops(experiment) == pytest.approx(real.flops, rel=1e-3)
    assert parameters(experiment) == pytest.approx(real.parameters, rel=1e-3)
    # Autograd also holds copies that the mathematics does not need, such as padded inputs.
    assert 4 * sum(convolution.numbers for convolution in kept(experiment)) == pytest.approx(real.kept, rel=0.35)


@pytest.mark.parametrize(
    "settings",
    [
        {"patch": 1},
        {"patch": 1, "conditional": False},
        {"patch": 70, "crop_size": 32},
        {"crop_size": 8},
        {"generator": "resnet6", "crop_size": 24},
        {"generator": "resnet6", "upsampling": "resize"},
        {"generator": "resnet6_short", "crop_size": 24},
        {"patch": 46, "crop_size": 32},
        {"layers": "ucsd"},
        {"layers": "ucsd", "norm": "instance", "skips": False},
        {"generator": "resnet6_short", "patch": 46, "layers": "wustl"},
        {"generator": "resnet6", "norm": "instance", "layers": "kth"},
    ],
)
@pytest.mark.parametrize("method", ["pix2pix", "cyclegan"])
def test_image_flops_match_real_step_of_other_architectures(method, settings):
    experiment = tiny_experiment(method, **settings)
    assert image_flops(experiment) == pytest.approx(counted(experiment).flops, rel=1e-3)


@pytest.mark.parametrize("patch", [1, 16, 70])
@pytest.mark.parametrize("order", ["generator_first", "discriminator_first"])
def test_kept_of_pix2pix_matches_real_step_in_either_order(order, patch):
    e = tiny_experiment(order=order, layers="ucsd", patch=patch, crop_size=256, load_size=256, skips=False)
    assert 4 * sum(convolution.numbers for convolution in kept(e)) == pytest.approx(counted(e).kept, rel=0.2)


@pytest.mark.parametrize("method", ["pix2pix", "cyclegan"])
def test_image_flops_of_batch_are_sum_over_its_images(method, monkeypatch):
    for ours, torchs in ((Conv2d, nn.Conv2d), (ConvTranspose2d, nn.ConvTranspose2d)):  # ours save work on a CPU
        monkeypatch.setattr(ours, "forward", torchs.forward)
    e = tiny_experiment(method, generator="resnet6", norm="instance", lambda_identity=0.5 * (method == "cyclegan"))
    with FlopCounterMode(display=False) as counter:
        METHODS[method](e, Fabric(accelerator="cpu", devices=1), 0).step(*torch.rand(2, 5, 3, 16, 16))
    assert 5 * image_flops(e) == pytest.approx(counter.get_total_flops(), rel=1e-3)
