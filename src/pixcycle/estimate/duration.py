"""How long a training may take, known before it begins and without torch: the time limit of its job on a cluster."""

import math
import os

from pixcycle.errors import UserError
from pixcycle.estimate.closed_form import image_flops
from pixcycle.estimate.supplies import Images
from pixcycle.schema import Experiment

TFLOPS = 4.0
"""What a device sustains where nobody says otherwise, in 10^12 FLOP/s: a GTX 1080 (8.9 at its peak)."""
UNCOUNTED: Images = {"train": (3000, 3000)}
"""Taken for a dataset whose images nobody has counted before it is prepared: as many as Cityscapes."""
MARGIN = 2
MINUTES_BESIDES = 10
"""For starting, sample images and saved states."""


def images_of_epoch(e: Experiment, images: Images) -> int:
    """Pairs, or for CycleGAN images of the domain that an epoch goes through once."""
    return {"larger": max, "smaller": min}[e.epoch_length](images["train"])


def steps_and_batch(e: Experiment, images: Images) -> tuple[int, int]:
    """Steps of a training, and the images of each, as data.batches has them."""
    epoch = images_of_epoch(e, images)
    batch = min(e.batch_size, epoch)
    return e.epochs * (epoch // batch), batch


def flops_of_card(e: Experiment, images: Images | None) -> int:
    """FLOPs of a training, of each card that shares it. images: None where they are not counted yet."""
    steps, batch = steps_and_batch(e, images or UNCOUNTED)
    return steps * batch * image_flops(e) // e.gpus


def time_limit(flops: int, tflops: float, attempt: int) -> int:
    """Minutes after which a training may be stopped, more at each new attempt.

    flops: of each of its cards. tflops: what such a card sustains, in 10^12 FLOP/s.
    """
    return MINUTES_BESIDES + math.ceil(attempt * MARGIN * flops / (tflops * 1e12) / 60)


def tflops_of_device() -> float:
    """What a device of this place sustains, in 10^12 FLOP/s: PIXCYCLE_TFLOPS, or that of a GTX 1080."""
    said = os.environ.get("PIXCYCLE_TFLOPS", str(TFLOPS))
    try:
        tflops = float(said)
    except ValueError:
        tflops = 0.0
    if not 1e-6 <= tflops <= 1e6:
        raise UserError(f"PIXCYCLE_TFLOPS: must be what a device sustains in TFLOP/s, such as {TFLOPS:g} (is {said!r})")
    return tflops
