"""GPUs as their vendor specifies them; docs/gpus.md names the sources."""

from dataclasses import dataclass
from math import inf
from typing import Literal

Arithmetic = Literal["fp32", "TF32", "bf16"]
ARITHMETIC: dict[str, Arithmetic] = {"32-true": "fp32", "tf32": "TF32", "bf16-mixed": "bf16", "16-mixed": "bf16"}
"""Arithmetic of each precision; the vendor gives fp16 with sums in fp32 the speed of bf16."""
NUMBER_BYTES: dict[Arithmetic, int] = {"fp32": 4, "TF32": 4, "bf16": 2}


@dataclass(frozen=True)
class Gpu:
    """Specification of a GPU.

    Attributes
    ----------
    memory
        Bytes.
    bandwidth
        Bytes per second between memory and chip.
    peaks
        FLOP/s of products of dense matrices, with sums in fp32.
    """

    name: str
    memory: float
    bandwidth: float
    peaks: dict[Arithmetic, float]

    def arithmetic(self, precision: str) -> Arithmetic:
        """Return the arithmetic of convolutions at an experiment's `precision`; fp32 if the GPU lacks it."""
        wanted = ARITHMETIC[precision]
        return wanted if wanted in self.peaks else "fp32"


GPUS = {
    "h200": Gpu("H200 SXM", 141e9, 4.8e12, {"fp32": 67e12, "TF32": 494.5e12, "bf16": 989.5e12}),
    "h100": Gpu("H100 SXM", 80e9, 3.35e12, {"fp32": 67e12, "TF32": 494.5e12, "bf16": 989.5e12}),
    "a100": Gpu("A100 SXM 80 GB", 80e9, 2.039e12, {"fp32": 19.5e12, "TF32": 156e12, "bf16": 312e12}),
    "rtx3060": Gpu("RTX 3060", 12e9, 360e9, {"fp32": 12.7e12, "TF32": 12.7e12, "bf16": 25.5e12}),
    "gtx1080ti": Gpu("GTX 1080 Ti", 11e9, 484e9, {"fp32": 11.3e12}),
}


def sustaining(tflops: float) -> Gpu:
    """Return a device of which only the sustained rate is known, in 10^12 FLOP/s."""
    return Gpu(f"device that sustains {tflops:g} TFLOP/s", inf, inf, {"fp32": tflops * 1e12})
