"""The closed forms against layers written down by hand, and against what torch counts in the real step."""

from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from pixcycle import config, runs
from pixcycle.estimate.closed_form import image_flops, kept, parameters
from pixcycle.models.convolution import Conv2d, ConvTranspose2d
from pixcycle.training.loop import METHODS
from tests.conftest import tiny_experiment
from tests.estimate.counted import WITHOUT_COST, counted

ROOT = Path(__file__).parents[2]
UNET = [
    *[(3, 4, 8), (4, 8, 4), (8, 16, 2), (16, 32, 1)],
    *[(32, 16, 1), (32, 8, 2), (16, 4, 4), (8, 3, 8)],
]
"""At 16x16 pixels and 4 filters: channels in and out of each 4x4 convolution, and the smaller of its two sides.

The narrow side of a doubling is its input; with skips, its input is twice as deep as the output of the block within.
"""
FLAT_UNET = [*UNET[:5], (16, 8, 2), (8, 4, 4), (4, 3, 8)]
"""The same without skips."""


def patchgan(seen):
    """PatchGAN 16 at 16x16 pixels and 4 filters: a halving, then two layers that lose a pixel each."""
    return [(seen, 4, 8), (4, 8, 7), (8, 1, 6)]


def forward(layers):
    """Every number of the output side takes 4 * 4 * (channels in) multiplications and as many additions."""
    return sum(2 * 4 * 4 * c_in * c_out * side**2 for c_in, c_out, side in layers)


def trained(layers):
    """Forward, and backward to the weights of all layers and to the inputs of all but the first."""
    return 3 * forward(layers) - forward(layers[:1])


def looked_through(layers):
    """Forward, and backward to the inputs of all layers, while the weights are frozen."""
    return 2 * forward(layers)


def test_pix2pix_trains_g_once_d_twice_and_looks_through_d_once():
    d = patchgan(6)
    assert image_flops(tiny_experiment()) == trained(UNET) + 2 * trained(d) + looked_through(d)


def test_without_skips_the_decoder_sees_half_as_many_channels():
    d = patchgan(6)
    assert image_flops(tiny_experiment(skips=False)) == trained(FLAT_UNET) + 2 * trained(d) + looked_through(d)


@pytest.mark.parametrize("judges", [1, 2])
def test_cyclegan_goes_there_and_back_both_ways_and_trains_each_discriminator_twice(judges):
    there, back = trained(UNET), 3 * forward(UNET)  # on the way back the first layer passes its gradient on
    d = patchgan(3)
    expected = 2 * (there + back) + judges * (2 * trained(d) + looked_through(d))
    assert image_flops(tiny_experiment("cyclegan", discriminators=judges)) == expected


def test_identity_loss_sends_one_more_image_through_each_generator():
    without, with_identity = (image_flops(tiny_experiment("cyclegan", lambda_identity=weight)) for weight in (0, 0.5))
    assert with_identity - without == 2 * trained(UNET)


def test_parameters_are_those_of_the_authors_networks():
    e = tiny_experiment(crop_size=256, load_size=256, filters=64, patch=70)
    authors = 54_413_955 + 2_768_705  # printed as 54.414 M and 2.769 M by the authors' code
    assert parameters(e) == pytest.approx(authors, rel=1e-3)


def architectures():
    """Every experiment of params.yaml at full scale, one for each that costs something else."""
    experiments = dict(runs.resolved(config.load(ROOT / "params.yaml"), "full"))
    different = {e.model_dump_json(exclude=WITHOUT_COST): id for id, e in experiments.items()}
    return [pytest.param(experiments[id], id=id) for id in different.values()]


@pytest.mark.parametrize("experiment", architectures())
def test_every_architecture_of_the_reports_costs_what_its_real_step_is_counted_to_take(experiment):
    real = counted(experiment)
    assert image_flops(experiment) == pytest.approx(real.flops, rel=1e-3)
    assert parameters(experiment) == pytest.approx(real.parameters, rel=1e-3)
    # Autograd holds copies, such as of padded inputs, that no mathematics asks for.
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
    ],
)
@pytest.mark.parametrize("method", ["pix2pix", "cyclegan"])
def test_so_do_architectures_that_none_of_the_reports_has(method, settings):
    experiment = tiny_experiment(method, **settings)
    assert image_flops(experiment) == pytest.approx(counted(experiment).flops, rel=1e-3)


@pytest.mark.parametrize("method", ["pix2pix", "cyclegan"])
def test_a_batch_of_real_images_on_a_real_device_costs_as_much_as_its_images(method, monkeypatch):
    for ours, torchs in ((Conv2d, nn.Conv2d), (ConvTranspose2d, nn.ConvTranspose2d)):  # ours cut corners on a CPU
        monkeypatch.setattr(ours, "forward", torchs.forward)
    e = tiny_experiment(method, generator="resnet6", norm="instance", lambda_identity=0.5 * (method == "cyclegan"))
    with FlopCounterMode(display=False) as counter:
        METHODS[method](e, Fabric(accelerator="cpu", devices=1), 0).step(*torch.rand(2, 5, 3, 16, 16))
    assert 5 * image_flops(e) == pytest.approx(counter.get_total_flops(), rel=1e-3)
