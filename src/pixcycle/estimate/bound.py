"""The least time that a training step can take on a card: its roofline (docs/gpus.md has the equations)."""

from pixcycle.estimate.cards import NUMBER_BYTES, Arithmetic, Card
from pixcycle.estimate.closed_form import kept, parameters, products
from pixcycle.estimate.layers import Convolution
from pixcycle.schema import Experiment

ADAM_BYTES = 28
"""A parameter: weight, gradient and two moments are read, all but the gradient written, 4 bytes each."""
RESIDENT_BYTES = 16
"""A parameter: the same four, in memory."""


def step_seconds(e: Experiment, batch: int, card: Card, arithmetic: Arithmetic) -> float:
    """t = sum_i max(batch * flops_i / peak, bytes_i / bandwidth) + ADAM_BYTES * parameters / bandwidth.

    i: the products of a step, one after another, each limited by what it computes or by what it moves.
    """
    width, peak = NUMBER_BYTES[arithmetic], card.peaks[arithmetic]
    convolutions = sum(max(batch * p.flops / peak, _moved(p, batch, width) / card.bandwidth) for p in products(e))
    return convolutions + ADAM_BYTES * parameters(e) / card.bandwidth


def step_bytes(e: Experiment, batch: int, arithmetic: Arithmetic) -> int:
    """That a step moves: each product's numbers and weights once, and what Adam reads and writes."""
    width = NUMBER_BYTES[arithmetic]
    return sum(_moved(p, batch, width) for p in products(e)) + ADAM_BYTES * parameters(e)


def memory_bytes(e: Experiment, batch: int, arithmetic: Arithmetic) -> int:
    """That a training holds: what is kept for the way backward, and four numbers a parameter."""
    return NUMBER_BYTES[arithmetic] * batch * sum(c.numbers for c in kept(e)) + RESIDENT_BYTES * parameters(e)


def _moved(product: Convolution, batch: int, width: int) -> int:
    return width * (batch * product.numbers + product.weights)
