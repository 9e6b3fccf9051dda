"""What tests of training steps need to write the equations out a second time, in plain PyTorch."""

import torch
from lightning_fabric import Fabric
from torch.nn import functional

from pixcycle.methods.method import Method
from pixcycle.methods.registry import METHODS
from tests.conftest import tiny_experiment

RESNET = {"generator": "resnet6", "norm": "instance", "gan_mode": "lsgan"}
COMPETITORS = {
    "simgan": RESNET | {"method": "simgan", "pool_size": 5},
    "feature_loss": RESNET | {"method": "feature_loss", "feature_network": "efficientnet-lite0"},
    "bigan": RESNET | {"method": "bigan", "pool_size": 5},
    "cogan": {"method": "cogan", "filters": 8, "weight_decay": 1e-4, "inversion_steps": 3},
}
"""Settings of small runs of report 004's competitors of CycleGAN."""


def batch(seed, images=4, side=16):
    draw = torch.Generator().manual_seed(seed)
    return [torch.rand(images, 3, side, side, generator=draw) * 2 - 1 for _ in "ab"]


def method(name: str, seed: int = 0, **settings) -> Method:
    """Return a method with small networks without dropout."""
    e = tiny_experiment(name, dropout=False, **settings)
    return METHODS[name](e, Fabric(accelerator="cpu", devices=1), seed)


def bce(logits, real):
    """Return the mean of -log D for real, of -log(1 - D) for fake, with D = 1 / (1 + exp(-logit))."""
    return functional.softplus(-logits if real else logits).mean()


def adam(*networks, lr=2e-4, weight_decay=0.0):
    parameters = [p for n in networks for p in n.parameters()]
    return torch.optim.Adam(parameters, lr=lr, betas=(0.5, 0.999), weight_decay=weight_decay)


def stepped(optimiser, loss):
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
