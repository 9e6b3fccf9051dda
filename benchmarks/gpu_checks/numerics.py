"""Compare losses on the device with those on the CPU, between precisions, and between memory layouts."""

import os
import platform
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F

from gpu_checks.outcome import Check, CheckFailed, Skipped, Values
from gpu_checks.small import FLOAT32_TOLERANCE, FORMS, METHODS, compared, experiment, fabric_on, float32_losses, losses

TOLERANCES = {"bf16-mixed": 2e-2, "tf32": 2.5e-3, "16-mixed": 2.5e-3}
"""Relative tolerances of losses in each precision against float32.

bf16: four times the difference after five steps of FORMS on a CPU (5e-3). TF32 and fp16 have 3 bits more and round
8 times as finely.
"""


def machine(device: torch.device) -> Values:
    values = {"device": "CPU", "cores": os.cpu_count(), "python": platform.python_version(), "torch": torch.__version__}
    if device.type == "cpu":
        return values
    gpu = torch.cuda.get_device_properties(device)
    return values | {
        "device": gpu.name,
        "gpus": torch.cuda.device_count(),
        "capability": f"{gpu.major}.{gpu.minor}",
        "memory GB": gpu.total_memory / 1e9,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
    }


def against_the_cpu(form: str, device: torch.device, seed: int = 0) -> Values:
    """Compare losses on the device with those on the CPU. seed: of the initial weights on the device; 0 on the CPU."""
    expected = float32_losses(form, torch.device("cpu"))
    return compared(losses(FORMS[form], device, seed=seed), expected, FLOAT32_TOLERANCE)


def in_precision(precision: str, form: str, device: torch.device, seed: int = 0) -> Values:
    """Compare losses in a precision with those in float32 on the same device."""
    if device.type == "cpu" and precision != "bf16-mixed":
        raise Skipped("for GPUs only")
    if precision == "bf16-mixed" and device.type == "cuda" and not torch.cuda.is_bf16_supported():
        raise Skipped("this GPU has no bf16")
    actual = losses(FORMS[form], device, precision, seed)
    return compared(actual, float32_losses(form, device), TOLERANCES[precision])


def tf32_only_where_asked(device: torch.device) -> Values:
    """Check by their errors which products round to TF32; return errors relative to the largest element.

    With `tf32` only the matrix product must round: for the convolution cuDNN may choose another algorithm.
    """
    if device.type == "cpu" or torch.cuda.get_device_capability(device) < (8, 0):
        raise Skipped("TF32 needs a GPU of compute capability 8.0 or higher")
    draw = torch.Generator(device).manual_seed(0)
    x, w, m = (torch.randn(s, generator=draw, device=device) for s in ((4, 64, 32, 32), (64, 64, 3, 3), (512, 512)))
    products: dict[str, Callable[[torch.dtype], torch.Tensor]] = {
        "matrices": lambda dtype: m.to(dtype) @ m.to(dtype),
        "convolution": lambda dtype: F.conv2d(x.to(dtype), w.to(dtype), padding=1),
    }
    values = {}
    for precision in ("32-true", "tf32"):
        fabric_on(device, precision)
        for name, product in products.items():
            exact = product(torch.float64)
            error = (product(torch.float32) - exact).abs().max() / exact.abs().max()
            values[f"{name} {precision}"] = error.item()
    fabric_on(device)
    if max(values["matrices 32-true"], values["convolution 32-true"]) > 1e-5:
        raise CheckFailed("32-true rounds to TF32", values)
    if values["matrices tf32"] < 2e-5:
        raise CheckFailed("tf32 does not round to TF32", values)
    return values


def channels_last(device: torch.device) -> Values:
    """Check that networks are channels-last on GPUs and not on CPUs, and that the other layout has equal losses."""
    wanted, other = torch.channels_last, torch.contiguous_format
    if device.type == "cpu":
        wanted, other = other, wanted
    for form, settings in FORMS.items():
        e = experiment(settings)
        method = METHODS[e.method](e, fabric_on(device), 0)
        for name in method.nets.parameter_counts():
            for key, weight in method.nets[name].named_parameters():
                if weight.ndim == 4 and not weight.is_contiguous(memory_format=wanted):
                    raise CheckFailed(f"{form}: {name}.{key} is not stored as {wanted}: strides {weight.stride()}")
    values = {}
    for form in ("pix2pix", "CycleGAN"):
        actual = losses(FORMS[form], device, layout=other)
        values[form] = compared(actual, float32_losses(form, device), FLOAT32_TOLERANCE)["differs by"]
    return values


CHECKS: dict[str, Check] = {
    "machine": machine,
    **{f"float32 losses against the CPU: {form}": partial(against_the_cpu, form) for form in FORMS},
    "TF32 only where requested": tf32_only_where_asked,
    **{
        f"{precision} losses against float32: {form}": partial(in_precision, precision, form)
        for precision in TOLERANCES
        for form in ("pix2pix", "CycleGAN")
    },
    "channels-last": channels_last,
}
