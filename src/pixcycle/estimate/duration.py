"""Time limit of a training's job on a cluster, computed before it begins and without torch."""

import math
import os

from pixcycle.base.errors import UserError
from pixcycle.data.epoch_size import size_of_epoch, steps_of_epoch
from pixcycle.estimate.step_cost import image_flops
from pixcycle.estimate.supplies import Images
from pixcycle.params.experiment import Experiment

TFLOPS = 4.0
"""Default for what a device sustains, in 10^12 FLOP/s: a GTX 1080 (8.9 at its peak)."""
UNCOUNTED: Images = {"train": (3000, 3000)}
"""Assumed for a dataset whose images are not counted until it is prepared: as many as in Cityscapes."""
MARGIN = 2
MINUTES_BESIDES = 10
"""Time for startup, sample images and saved states."""


def images_of_epoch(e: Experiment, images: Images) -> int:
    """Return the length of an epoch: pairs, or for CycleGAN images of the domain that it goes through once."""
    return {"larger": max, "smaller": min}[e.epoch_length](images["train"])


def steps_and_batch(e: Experiment, images: Images) -> tuple[int, int]:
    """Return the number of steps of a training, and of images per step; a smaller last batch counts as a full one."""
    batch, samples = size_of_epoch(images["train"], e.batch_size, e.epoch_length, e.last_batch)
    return e.epochs * steps_of_epoch(batch, samples), batch


def flops_of_gpu(e: Experiment, images: Images | None) -> int:
    """Return the FLOPs of a training on each GPU that shares it; `images` is None if they are not counted yet."""
    steps, batch = steps_and_batch(e, images or UNCOUNTED)
    return steps * batch * image_flops(e) // e.gpus


def time_limit(flops: int, tflops: float, attempt: int) -> int:
    """Return the minutes after which a training may be stopped, more with each attempt.

    Parameters
    ----------
    flops
        FLOPs on each of its GPUs.
    tflops
        What such a GPU sustains, in 10^12 FLOP/s.
    attempt
        1 for the first.
    """
    return MINUTES_BESIDES + math.ceil(attempt * MARGIN * flops / (tflops * 1e12) / 60)


def tflops_of_device() -> float:
    """Return what a local device sustains, in 10^12 FLOP/s: PIXCYCLE_TFLOPS, or the value of a GTX 1080."""
    value = os.environ.get("PIXCYCLE_TFLOPS", str(TFLOPS))
    try:
        tflops = float(value)
    except ValueError:
        tflops = 0.0
    if not 1e-6 <= tflops <= 1e6:
        raise UserError(
            f"PIXCYCLE_TFLOPS: must be the TFLOP/s that a device sustains, such as {TFLOPS:g} (is {value!r})"
        )
    return tflops
