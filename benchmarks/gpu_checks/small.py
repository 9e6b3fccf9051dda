"""The small networks that the checks train, and their losses over a few steps."""

import math
from functools import cache
from typing import Any

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins import MixedPrecision
from lightning_fabric.plugins.environments import LightningEnvironment
from torch import Tensor

from gpu_checks.outcome import CheckFailed, Values, finite
from pixcycle.machine import ranks
from pixcycle.methods.cyclegan import CycleGAN
from pixcycle.methods.pix2pix import Pix2pix
from pixcycle.params.experiment import Experiment

METHODS = {"pix2pix": Pix2pix, "cyclegan": CycleGAN}
STEPS = 5

_SMALL = {"direction": "a_to_b", "crop_size": 64, "filters": 8, "dropout": False}
_CYCLEGAN = {
    "method": "cyclegan",
    "generator": "resnet6",
    "norm": "instance",
    "gan_mode": "lsgan",
    "conditional": False,
    "lambda_reconstruction": 10.0,
    "pool_size": 2,
    "batch_size": 2,
    "lr": 2e-6,
}
FORMS: dict[str, dict[str, Any]] = {
    "pix2pix": _SMALL | {"method": "pix2pix", "batch_size": 4, "lr": 1e-4},
    "CycleGAN": _SMALL | _CYCLEGAN | {"lambda_identity": 0.5},
    "CycleGAN, one discriminator": _SMALL | _CYCLEGAN | {"discriminators": 1},
}
"""Settings of the small networks, without dropout because each device draws other noise.

Adam divides a gradient by its own size, so that rounding which flips the sign of a gradient near zero moves a weight by
twice the learning rate, and a GAN amplifies that. At these learning rates and on one batch, five steps change some
losses by 6% to 11%, while float32 stays within 2e-5 of float64 (on a CPU). So a wrong gradient exceeds rounding.
"""
FLOAT32_TOLERANCE = 1e-4
LEAST_CHANGE = 100 * FLOAT32_TOLERANCE
"""Relative change that some loss must show over the steps; otherwise agreement proves nothing."""


def experiment(settings: dict[str, Any]) -> Experiment:
    return Experiment(dataset="", n_epochs=1, **settings)


def fabric_on(device: torch.device, precision: str = "32-true") -> Fabric:
    """Set up pixcycle's own Fabric for the device; for fp16, and for the CPU of a machine with a GPU, Lightning's.

    fp16 starts with a loss scale of 1024 instead of Lightning's 65536, with which overflow would skip the first steps.
    """
    cpu_next_to_a_gpu = device.type == "cpu" and torch.cuda.is_available()
    if precision != "16-mixed" and not cpu_next_to_a_gpu:
        return ranks.fabric(precision)
    ranks.fabric()  # switches TF32 off
    plugins = [LightningEnvironment()]
    if precision == "16-mixed":
        scaler = torch.amp.GradScaler(device.type, init_scale=1024)
        plugins.append(MixedPrecision(precision, device.type, scaler))
    return Fabric(accelerator=device.type, devices=1, plugins=plugins)


def batch(e: Experiment, device: torch.device, seed: int = 1) -> list[Tensor]:
    """Return (a, b) in [-1, 1], the same on every device."""
    draw = torch.Generator().manual_seed(seed)
    shape = e.batch_size, 3, e.crop_size, e.crop_size
    return [(torch.rand(shape, generator=draw) * 2 - 1).to(device) for _ in "ab"]


def losses(
    settings: dict[str, Any],
    device: torch.device,
    precision: str = "32-true",
    seed: int = 0,
    layout: torch.memory_format | None = None,
) -> list[dict[str, float]]:
    """Return the losses of STEPS steps on one batch.

    Parameters
    ----------
    layout
        Memory layout of networks and batches; the device's own by default.
    """
    e = experiment(settings)
    torch.manual_seed(0)
    method = METHODS[e.method](e, fabric_on(device, precision), seed)
    if layout:
        method.nets._layout = layout
        for name in method.nets.parameter_counts():
            method.nets[name].to(memory_format=layout)
    a, b = batch(e, device)
    return [{name: loss.item() for name, loss in method.step(a, b).items()} for _ in range(STEPS)]


@cache
def float32_losses(form: str, device: torch.device) -> list[dict[str, float]]:
    """Return the losses in float32, with which others are compared."""
    return losses(FORMS[form], device)


def compared(found: list[dict[str, float]], expected: list[dict[str, float]], tolerance: float) -> Values:
    """Return the largest relative difference of any loss at any step.

    Raises
    ------
    CheckFailed
        If it exceeds the tolerance, or if the losses hardly change.
    """
    pairs = [(mine[name], loss) for mine, step in zip(found, expected, strict=True) for name, loss in step.items()]
    difference = max((abs(x - y) / abs(y) if math.isfinite(x) else math.inf) for x, y in pairs)
    change = max(abs(last / first - 1) for first, last in zip(expected[0].values(), expected[-1].values(), strict=True))
    values = {"differs by": finite(difference), "allowed": tolerance, "losses change by": finite(change)}
    if not difference <= tolerance:
        raise CheckFailed("the losses differ", values)
    if not change >= LEAST_CHANGE:
        raise CheckFailed("the losses hardly change, so their agreement proves nothing", values)
    return values
