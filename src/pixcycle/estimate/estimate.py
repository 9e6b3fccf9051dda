"""Estimate what the runs of a plan take, before anything starts: steps, FLOPs, hours and disk space."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pixcycle.estimate.bound import step_seconds
from pixcycle.estimate.duration import images_of_epoch, steps_and_batch
from pixcycle.estimate.gpus import Gpu
from pixcycle.estimate.step_cost import image_flops, parameters
from pixcycle.estimate.supplies import Images, Supply, count_images, supplies
from pixcycle.methods.registry import METHODS
from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.paths import BACK, SOURCE
from pixcycle.plan.names import features_key
from pixcycle.plan.runs import Plan, Run

PNG_BYTES = 2.0
"""Bytes per pixel of a photograph; measured: 1.5 for facades, 1.6 to 1.8 for satellite images, 2.1 at most."""
STATE_BYTES = 24
"""Bytes per parameter of a run in training: weights and Adam's two moments, the next state written beside the last."""


@dataclass(frozen=True)
class Training:
    """Cost of one experiment. All fields after `finished` are for a single run.

    Attributes
    ----------
    runs, finished
        Number of runs (seeds), and of those that are finished.
    images
        Length of an epoch: pairs, or images of one domain. None, like steps, flops and hours, if the images have not
        been counted yet.
    hours
        Hours on one device.
    """

    id: str
    runs: int
    finished: int
    images: int | None
    epochs: int
    steps: int | None
    parameters: int
    flops_per_image: int
    flops: int | None
    hours: float | None


@dataclass(frozen=True)
class Estimate:
    """Cost of a whole plan. Unknown costs count as 0 in its sums.

    Attributes
    ----------
    disk
        Bytes by purpose.
    hours, hours_to_do
        Hours on one device of all trainings, and of the unfinished ones.
    wall_hours
        Hours of the unfinished trainings on `devices` devices.
    """

    scale: str
    device: str
    devices: int
    trainings: list[Training]
    supplies: list[Supply]
    disk: dict[str, int]
    hours: float
    hours_to_do: float
    wall_hours: float


def estimate(plan: Plan, root: Path, gpu: Gpu, devices: int) -> Estimate:
    """Estimate a plan.

    Parameters
    ----------
    root
        The project's folder, which is inspected for data and runs that exist already.
    gpu
        The GPU that trains, taken at its bound.
    """
    images = {key: count_images(plan.params.datasets[node.dataset], node, root) for key, node in plan.data.items()}
    trainings = [_training(runs, images[runs[0].data], root, gpu) for runs in plan.experiments.values()]
    needed = supplies(plan, images, root)
    hours_to_do = [t.hours or 0.0 for t in trainings for _ in range(t.runs - t.finished)]
    return Estimate(
        scale=plan.params.scale,
        device=gpu.name,
        devices=devices,
        trainings=trainings,
        supplies=needed,
        disk=_disk(plan, needed, images, trainings, devices),
        hours=sum((t.hours or 0.0) * t.runs for t in trainings),
        hours_to_do=sum(hours_to_do),
        wall_hours=wall_hours(hours_to_do, devices),
    )


def wall_hours(hours: Iterable[float], devices: int) -> float:
    """Return the hours until the last run ends, if the longest begin first, each on the first free device."""
    busy = [0.0] * devices
    for duration in sorted(hours, reverse=True):
        heapq.heapreplace(busy, busy[0] + duration)
    return max(busy)


def _training(runs: list[Run], images: Images | None, root: Path, gpu: Gpu) -> Training:
    e = runs[0].config
    per_image = image_flops(e)
    epoch = steps = flops = hours = None
    if images:
        epoch = images_of_epoch(e, images)
        steps, batch = steps_and_batch(e, images)
        flops = steps * batch * per_image
        hours = steps * step_seconds(e, batch, gpu, gpu.arithmetic(e.precision)) / 3600
    return Training(
        id=runs[0].id,
        runs=len(runs),
        finished=sum((root / run.folder).exists() for run in runs),
        images=epoch,
        epochs=e.epochs,
        steps=steps,
        parameters=parameters(e),
        flops_per_image=per_image,
        flops=flops,
        hours=hours,
    )


def _disk(
    plan: Plan, needed: list[Supply], images: dict[str, Images | None], trainings: list[Training], devices: int
) -> dict[str, int]:
    runs = plan.runs.values()
    sizes = [t.parameters for t in trainings for _ in range(t.runs)]
    features = {
        features_key(run.data, run.extractor): 4 * EXTRACTORS[run.extractor].dimension * sum(counted["test"])
        for run in runs
        if (counted := images[run.data])
    }
    return {
        "downloads, unpacked": sum(supply.raw or 0 for supply in needed),
        "prepared arrays": sum(supply.prepared or 0 for supply in needed),
        "features of real images": sum(features.values()),
        "trained networks": 4 * sum(sizes),
        "states of runs in training": STATE_BYTES * sum(heapq.nlargest(devices, sizes)),
        "translated images": sum(_translated_bytes(run, images[run.data]) for run in runs),
    }


def _translated_bytes(run: Run, images: Images | None) -> int:
    """Return the bytes of a run's images: those of each direction, and the scored direction's cycled ones if any."""
    if images is None:
        return 0
    e = run.config
    of_domain = dict(zip("AB", images["test"], strict=True))
    directions = METHODS[e.method].generators(e)
    translated = sum(of_domain[SOURCE[direction]] for direction in directions)
    if BACK[e.direction] in directions:
        translated += of_domain[SOURCE[e.direction]]
    return round(PNG_BYTES * e.crop_size**2 * translated)
