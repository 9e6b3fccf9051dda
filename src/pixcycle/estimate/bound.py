"""Roofline of a training step: a lower bound on the time that it takes on a GPU (equations in docs/gpus.md)."""

from pixcycle.estimate.gpus import NUMBER_BYTES, Arithmetic, Gpu
from pixcycle.estimate.step_cost import kept, parameters, products
from pixcycle.models.closed_form import Convolution
from pixcycle.params.experiment import Experiment

ADAM_BYTES = 28
"""Bytes that Adam moves per parameter: weight, gradient, two moments read, all but gradient written, 4 bytes each."""
RESIDENT_BYTES = 16
"""Bytes in memory per parameter: weight, gradient and two moments."""


def step_seconds(e: Experiment, batch: int, gpu: Gpu, arithmetic: Arithmetic) -> float:
    """Return t = sum_i max(batch * flops_i / peak, bytes_i / bandwidth) + ADAM_BYTES * parameters / bandwidth.

    i numbers the products of a step, which run one after another, each limited by arithmetic or by memory bandwidth.
    """
    width, peak = NUMBER_BYTES[arithmetic], gpu.peaks[arithmetic]
    convolutions = sum(max(batch * p.flops / peak, _moved(p, batch, width) / gpu.bandwidth) for p in products(e))
    return convolutions + ADAM_BYTES * parameters(e) / gpu.bandwidth


def step_bytes(e: Experiment, batch: int, arithmetic: Arithmetic) -> int:
    """Return the bytes that a step moves: each product's numbers and weights once, and what Adam reads and writes."""
    width = NUMBER_BYTES[arithmetic]
    return sum(_moved(p, batch, width) for p in products(e)) + ADAM_BYTES * parameters(e)


def memory_bytes(e: Experiment, batch: int, arithmetic: Arithmetic) -> int:
    """Return the bytes that a training holds: what is kept for the backward pass, and four numbers per parameter."""
    return NUMBER_BYTES[arithmetic] * batch * sum(c.numbers for c in kept(e)) + RESIDENT_BYTES * parameters(e)


def _moved(product: Convolution, batch: int, width: int) -> int:
    return width * (batch * product.numbers + product.weights)
