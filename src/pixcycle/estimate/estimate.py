"""What the runs of a plan will take, told before anything starts: steps, FLOPs, hours and disk."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pixcycle.estimate.bound import step_seconds
from pixcycle.estimate.cards import Card
from pixcycle.estimate.closed_form import image_flops, parameters
from pixcycle.estimate.duration import images_of_epoch, steps_and_batch
from pixcycle.estimate.supplies import Images, Supply, count_images, supplies
from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.runs import Plan, Run, features_key

PNG_BYTES = 2.0
"""A pixel of a photograph; 1.5 on facades, 1.6 to 1.8 on satellite images, 2.1 at most."""
STATE_BYTES = 24
"""A parameter of a run in training: weights and Adam's two moments, the next state written beside the last."""


@dataclass(frozen=True)
class Training:
    """One experiment. `finished` of its `runs` (seeds) are; what follows is of one of them.

    images: of an epoch, pairs or those of one domain; None, as steps, flops and hours, where they have not
    been counted yet. hours: of one device.
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
    """Of a whole plan; what is not known counts as nothing in its sums.

    hours: of one device, for all trainings, and for those to be done. wall_hours: for the latter on so many devices.
    disk: bytes, by what takes them.
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


def estimate(plan: Plan, root: Path, card: Card, devices: int) -> Estimate:
    """root: the project's folder, for what is there already. card: what trains, at its bound."""
    images = {key: count_images(plan.params.datasets[node.dataset], node, root) for key, node in plan.data.items()}
    trainings = [_training(runs, images[runs[0].data], root, card) for runs in plan.experiments.values()]
    needed = supplies(plan, images, root)
    hours_to_do = [t.hours or 0.0 for t in trainings for _ in range(t.runs - t.finished)]
    return Estimate(
        scale=plan.params.scale,
        device=card.name,
        devices=devices,
        trainings=trainings,
        supplies=needed,
        disk=_disk(plan, needed, images, trainings, devices),
        hours=sum((t.hours or 0.0) * t.runs for t in trainings),
        hours_to_do=sum(hours_to_do),
        wall_hours=wall_hours(hours_to_do, devices),
    )


def wall_hours(hours: Iterable[float], devices: int) -> float:
    """Until the last run ends: the longest begin first, each on the first device that is free."""
    busy = [0.0] * devices
    for each in sorted(hours, reverse=True):
        heapq.heapreplace(busy, busy[0] + each)
    return max(busy)


def _training(runs: list[Run], images: Images | None, root: Path, card: Card) -> Training:
    e = runs[0].config
    per_image = image_flops(e)
    epoch = steps = flops = hours = None
    if images:
        epoch = images_of_epoch(e, images)
        steps, batch = steps_and_batch(e, images)
        flops = steps * batch * per_image
        hours = steps * step_seconds(e, batch, card, card.arithmetic(e.precision)) / 3600
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
    """pix2pix translates the images of one domain; CycleGAN those of both, and those of the scored direction back."""
    if images is None:
        return 0
    e = run.config
    a, b = images["test"]
    translated = (a if e.direction == "a_to_b" else b) + (a + b if e.method == "cyclegan" else 0)
    return round(PNG_BYTES * e.crop_size**2 * translated)
