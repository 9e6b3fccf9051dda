"""Compiled networks, with and without CUDA graphs: their losses and their speed."""

import shutil
from functools import partial

import torch

from gpu_checks import speed
from gpu_checks.outcome import Check, CheckFailed, Skipped, Values
from gpu_checks.small import FLOAT32_TOLERANCE, FORMS, compared, losses

WAYS = {
    "compile: default, pix2pix": ("default", FORMS["pix2pix"] | {"dropout": True}),
    "compile: reduce-overhead (CUDA graphs), pix2pix": ("reduce-overhead", FORMS["pix2pix"] | {"dropout": True}),
    "compile: reduce-overhead (CUDA graphs), CycleGAN": ("reduce-overhead", FORMS["CycleGAN"]),
}


def same_losses(name: str, device: torch.device, seed: int = 0) -> Values:
    """Check that compiled networks have the losses of uncompiled ones, up to rounding.

    Inductor fuses what lies between the convolutions, so that it rounds at other places, as another device does. With
    CUDA graphs, fails if any compiled graph is not recorded as one: PyTorch silently skips those that it cannot record.
    """
    from torch._dynamo.utils import counters

    needs_a_compiler(device)
    compile, settings = WAYS[name]
    expected = losses(settings, device)
    torch.compiler.reset()  # else code compiled for other networks counts towards a limit
    counters.clear()
    actual = losses(settings | {"compile": compile}, device, seed=seed)
    values = compared(actual, expected, FLOAT32_TOLERANCE)
    values |= {"graphs": counters["stats"]["unique_graphs"], "breaks": sum(counters["graph_break"].values())}
    values["without CUDA graph"] = counters["inductor"]["cudagraph_skips"]
    if not values["graphs"]:
        raise CheckFailed("nothing was compiled", values)
    if device.type == "cuda" and compile == "reduce-overhead" and values["without CUDA graph"]:
        raise CheckFailed("PyTorch skipped CUDA graphs", values)
    return values


def compiled_speed(work: str, device: torch.device) -> Values:
    needs_a_compiler(device)
    torch.compiler.reset()
    return speed.measured(work, device, {"bf16-mixed": "none", "bf16-mixed, CUDA graphs": "reduce-overhead"})


def needs_a_compiler(device: torch.device) -> None:
    if device.type == "cpu":
        raise Skipped("for GPUs only; on CPUs tests/methods/test_compile.py compares compiled networks")
    from torch.utils._triton import has_triton

    if not has_triton():
        raise Skipped("torch.compile needs Triton and a GPU that it supports")
    if not (shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")):
        raise Skipped("Triton needs a C compiler")


CHECKS: dict[str, Check] = {
    **{name: partial(same_losses, name) for name in WAYS},
    **{f"speed compiled: {work}": partial(compiled_speed, work) for work in speed.AT_BATCH_1},
}
