"""Compare our steps with the authors', as written in benchmarks/baseline: its speed comparison needs equal mathematics.

The tests use float64. In float32 a CycleGAN amplifies rounding so fast that after three steps the authors' own losses
differ by up to 1 % from those in float64, and ours by as much.
"""

import pytest
import torch
from baseline.step import METHODS as AUTHORS
from lightning_fabric import Fabric

from pixcycle.methods.registry import METHODS
from pixcycle.params.experiment import Experiment

CYCLEGAN = {
    "method": "cyclegan",
    "norm": "instance",
    "dropout": False,
    "gan_mode": "lsgan",
    "conditional": False,
    "lambda_reconstruction": 10.0,
    "direction": "a_to_b",
}
SMALL = {"crop_size": 32, "filters": 8, "generator": "resnet6"}
SETTINGS = {
    "pix2pix, batch 1": ({"method": "pix2pix", "direction": "a_to_b", "filters": 4}, 20),
    "pix2pix, batch 2": ({"method": "pix2pix", "direction": "a_to_b", "filters": 4, "batch_size": 2}, 20),
    "pix2pix, patch 16": ({"method": "pix2pix", "direction": "a_to_b", "filters": 4, "patch": 16}, 20),
    "pix2pix, 128 pixels, without condition": (
        {"method": "pix2pix", "direction": "a_to_b", "filters": 4, "crop_size": 128, "conditional": False},
        20,
    ),
    "CycleGAN of 9 blocks with identity loss": (
        CYCLEGAN | SMALL | {"generator": "resnet9", "lambda_identity": 0.5},
        20,
    ),
    "6 blocks, batch 4": (CYCLEGAN | SMALL | {"batch_size": 4}, 20),
    "one discriminator": (CYCLEGAN | SMALL | {"discriminators": 1, "lr_discriminator": 1e-6}, 20),
    "large enough for Winograd's algorithm": (CYCLEGAN | SMALL | {"crop_size": 128, "filters": 32}, 2),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_step_losses_equal_those_of_the_authors_step(name):
    settings, steps = SETTINGS[name]
    e = Experiment(dataset="", n_epochs=1, **settings)
    ours, theirs = METHODS[e.method](e, Fabric(accelerator="cpu", devices=1), seed=0), AUTHORS[e.method](e)
    for network, module in theirs.networks.items():
        module.load_state_dict(ours.nets[network].double().state_dict())
        module.double()
    draw = torch.Generator().manual_seed(1)
    shape = e.batch_size, 3, e.crop_size, e.crop_size
    for step in range(steps):
        a, b = (torch.rand(shape, generator=draw, dtype=torch.float64) * 2 - 1 for _ in "ab")
        losses = []
        for method in (ours, theirs):
            torch.manual_seed(step)  # dropout's noise
            losses.append({name: loss.item() for name, loss in method.step(a, b).items()})
        for name, loss in losses[1].items():
            assert losses[0][name] == pytest.approx(loss, rel=1e-6), (step, name)
