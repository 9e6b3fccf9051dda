"""Compiled networks, with and without CUDA graphs: the same losses, and how fast."""

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
    """Inductor fuses what lies between the convolutions, and so rounds elsewhere, as another device does.

    With CUDA graphs each compiled graph must be one, as PyTorch leaves out those that it cannot record.
    """
    from torch._dynamo.utils import counters

    needs_a_compiler(device)
    compile, settings = WAYS[name]
    expected = losses(settings, device)
    torch.compiler.reset()  # as what is compiled for other networks counts towards a limit
    counters.clear()
    found = losses(settings | {"compile": compile}, device, seed=seed)
    values = compared(found, expected, FLOAT32_TOLERANCE)
    values |= {"graphs": counters["stats"]["unique_graphs"], "breaks": sum(counters["graph_break"].values())}
    values["without CUDA graph"] = counters["inductor"]["cudagraph_skips"]
    if not values["graphs"]:
        raise CheckFailed("nothing was compiled", values)
    if device.type == "cuda" and compile == "reduce-overhead" and values["without CUDA graph"]:
        raise CheckFailed("CUDA graphs were left out", values)
    return values


def compiled_speed(work: str, device: torch.device) -> Values:
    needs_a_compiler(device)
    torch.compiler.reset()
    return speed.measured(work, device, {"bf16-mixed": "none", "bf16-mixed, CUDA graphs": "reduce-overhead"})


def needs_a_compiler(device: torch.device) -> None:
    if device.type == "cpu":
        raise Skipped("on CPUs a test compares compiled networks (tests/training/test_compile.py)")
    from torch.utils._triton import has_triton

    if not has_triton():
        raise Skipped("torch.compile needs Triton, and a card that it supports")
    if not (shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")):
        raise Skipped("Triton needs a C compiler")


CHECKS: dict[str, Check] = {
    **{name: partial(same_losses, name) for name in WAYS},
    **{f"speed compiled: {work}": partial(compiled_speed, work) for work in speed.AT_BATCH_1},
}
