"""Compare training steps of pixcycle with those of the authors' PyTorch code (baseline/), and measure how they grow.

    python benchmarks/steps.py [--rounds N] [--only WORD] [--avx2]

The authors' step in float32, ours in float32 and ours in bf16-mixed take turns step by step, each in a separate process
with all cores (or with one core for the shapes of the rehearsal, as its jobs have). --avx2 hides the CPU's other vector
instructions. Our processes keep the memory that they free, as the command does. FLOPs are those of the plain algorithms
(pixcycle plan), so that a faster algorithm may exceed the ceiling: the best rate of a matrix product or a convolution
that was measured in the same run.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from measure import Growth, hide_all_but_avx2, in_process, in_turn, options, publish, ratio, take_turns

from pixcycle.estimate.step_cost import image_flops
from pixcycle.params.experiment import Experiment

PIX2PIX = {"method": "pix2pix", "direction": "a_to_b"}
CYCLEGAN = {
    "method": "cyclegan",
    "direction": "a_to_b",
    "norm": "instance",
    "dropout": False,
    "gan_mode": "lsgan",
    "conditional": False,
    "lambda_reconstruction": 10.0,
    "pool_size": 50,
}
SMALL = {"crop_size": 128, "batch_size": 4, "generator": "resnet6"}
TOY_UNET = {"crop_size": 128, "batch_size": 2, "filters": 8}
TOY_RESNET = {"crop_size": 128, "filters": 8, "generator": "resnet9"}
TOY_RESNET_6 = {"crop_size": 64, "filters": 8, "generator": "resnet6"}
UNET_CYCLE = {"norm": "batch", "gan_mode": "bce", "dropout": True, "pool_size": 0}
WORK = {
    "pix2pix step, U-Net 64 filters, 256x256, batch 1": (PIX2PIX, 1.4, None),
    "pix2pix step, U-Net 64 filters, 256x256, batch 4": (PIX2PIX | {"batch_size": 4}, 1.2, None),
    "CycleGAN step, ResNet-9 64 filters, 256x256, batch 1": (
        CYCLEGAN | {"generator": "resnet9", "lambda_identity": 0.5},
        1.3,
        None,
    ),
    "CycleGAN step, ResNet-9 64 filters, 128x128, batch 1": (
        CYCLEGAN | {"generator": "resnet9", "crop_size": 128},
        1.3,
        None,
    ),
    "CycleGAN step, ResNet-6 64 filters, 128x128, batch 4": (CYCLEGAN | SMALL, 1.2, None),
    "report 001's step (1.6 images/s on its GTX 1080 Ti), 128x128, batch 4": (
        CYCLEGAN | SMALL | {"discriminators": 1, "pool_size": 0, "lr": 1e-4, "lr_discriminator": 1e-6},
        None,
        None,
    ),
    "rehearsal of 000, paired": (PIX2PIX | TOY_UNET, 1.0, None),
    "rehearsal of 000, patch 16": (PIX2PIX | TOY_UNET | {"patch": 16}, 1.0, None),
    "rehearsal of 000, patch 286": (PIX2PIX | TOY_UNET | {"patch": 286}, 1.0, None),
    "rehearsal of 000, unpaired": (CYCLEGAN | TOY_UNET | UNET_CYCLE, 1.0, None),
    "rehearsal of 001": (CYCLEGAN | TOY_RESNET_6 | {"discriminators": 1, "pool_size": 0}, 1.0, None),
    "rehearsal of 001, paired": (
        PIX2PIX | TOY_RESNET_6 | {"norm": "instance", "dropout": False, "gan_mode": "lsgan", "conditional": False},
        1.0,
        None,
    ),
    "rehearsal of 002": (PIX2PIX | TOY_UNET | {"batch_size": 1}, 1.0, None),
    "rehearsal of 003": (CYCLEGAN | TOY_RESNET | {"lambda_identity": 0.5}, None, 1.0),
    "rehearsal of 004": (CYCLEGAN | TOY_RESNET, 1.0, None),
}
"""Name -> settings, target speed-up in float32, target speed-up in bf16-mixed."""
WAYS = {"authors": "authors' step, float32", "32-true": "ours, float32", "bf16-mixed": "ours, bf16-mixed"}


def main() -> None:
    parser = options(__doc__, rounds=7)
    parser.add_argument("--only", default="", help="only work whose name contains this; keep the other results")
    parser.add_argument("--without-growth", action="store_true", help="skip the growth curves")
    parser.add_argument("--avx2", action="store_true", help="use only AVX2 instructions; skip the growth curves")
    chosen = parser.parse_args()
    name = hide_all_but_avx2("steps") if chosen.avx2 else "steps"
    ceilings = {way: in_process(ceiling, way) for way in ("32-true", "bf16-mixed")}
    print("ceiling: " + ", ".join(f"{rate / 1e9:.0f} GFLOP/s in {way}" for way, rate in ceilings.items()))
    rows = [row for work in WORK if chosen.only in work for row in compared(work, chosen.rounds, ceilings)]
    without_growth = chosen.without_growth or chosen.avx2 or chosen.only
    publish(name, chosen.rounds, rows, [] if without_growth else grown(), keep_others=bool(chosen.only))


def compared(work: str, rounds: int, ceilings: dict[str, float]) -> Iterator[Any]:
    settings, *targets = WORK[work]
    e = Experiment(dataset="", n_epochs=1, **settings)
    with ExitStack() as running:
        threads = 1 if work.startswith("rehearsal") else None
        ways = {way: running.enter_context(in_turn(prepared_step, way, settings, threads)) for way in WAYS}
        seconds = take_turns(ways, rounds, warmups=2)
    for way, target in zip(("32-true", "bf16-mixed"), targets, strict=True):
        row = ratio(f"{work}, {way}", seconds, way, "authors", target)
        row.than = WAYS["authors"]
        rate = e.batch_size * image_flops(e) / row.ours_seconds
        row.more = {
            "images/s": e.batch_size / row.ours_seconds,
            "GFLOP/s": rate / 1e9,
            "of the ceiling": rate / ceilings[way],
        }
        yield row


def grown() -> Iterator[Growth]:
    """Measure seconds and memory of our float32 step, each point in a fresh process."""
    base = PIX2PIX | {"filters": 32, "crop_size": 128, "batch_size": 1}
    axes = {
        "batch_size": ("batch size", [1, 2, 4, 8, 16]),
        "crop_size": ("side of the crop in pixels", [64, 128, 256]),
        "filters": ("channels of the first layer", [16, 32, 64, 128]),
    }
    for field, (x_label, values) in axes.items():
        points = {x: in_process(measured_step, base | {field: x}) for x in values}
        flops = {x: step_flops(base | {field: x}) for x in values}
        rate = flops[base[field]] / points[base[field]]["seconds"]
        yield Growth(
            f"A training step by {x_label}",
            x_label,
            "seconds per step",
            [(x, point["seconds"]) for x, point in points.items()],
            [(x, flops[x] / rate) for x in values],
            "at the rate of batch 1, 128 pixels, 32 channels",
        )
        if field == "batch_size":
            least, most = values[0], values[-1]
            per_image = (points[most]["memory"] - points[least]["memory"]) / (most - least)
            yield Growth(
                f"Memory by batch size: {per_image:.0f} MB per image",
                x_label,
                "peak memory in MB",
                [(x, point["memory"]) for x, point in points.items()],
                [(x, points[least]["memory"] + (x - least) * per_image) for x in values],
                "linear",
                log=False,
            )
    cores = range(1, (os.cpu_count() or 1) + 1)
    by_cores = [(n, in_process(measured_step, base | {"batch_size": 4}, n)["seconds"]) for n in cores]
    yield Growth(
        "A training step by cores",
        "cores",
        "seconds per step, batch 4",
        by_cores,
        [(n, by_cores[0][1] / n) for n in cores],
        "inversely proportional",
    )


def step_flops(settings: dict[str, Any]) -> float:
    e = Experiment(dataset="", n_epochs=1, **settings)
    return e.batch_size * image_flops(e)


def prepared_step(way: str, settings: dict[str, Any], threads: int | None = None) -> Callable[[], None]:
    """Return a function that makes one training step, with the given number of threads (all cores by default)."""
    import torch
    from baseline.step import METHODS as AUTHORS

    from pixcycle.machine import ranks
    from pixcycle.machine.memory import keep_freed_memory
    from pixcycle.methods.registry import METHODS

    torch.set_num_threads(threads or os.cpu_count() or 1)
    torch.manual_seed(0)
    e = Experiment(dataset="", n_epochs=1, **settings)
    a, b = (torch.rand(e.batch_size, 3, e.crop_size, e.crop_size) * 2 - 1 for _ in "ab")
    if way == "authors":
        method = AUTHORS[e.method](e)
    else:
        keep_freed_memory()
        method = METHODS[e.method](e, ranks.fabric(way), 0)

    def step() -> None:
        method.step(a, b)

    return step


def measured_step(settings: dict[str, Any], threads: int | None = None) -> dict[str, float]:
    """Return the median seconds of five steps and the peak memory of this process in MB."""
    import resource
    import statistics

    step = prepared_step("32-true", settings, threads)
    step()
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return {"seconds": statistics.median(seconds), "memory": peak}


def ceiling(way: str) -> float:
    """Return the FLOP/s of the fastest of ten products of large matrices and ten convolutions with many channels.

    For bf16-mixed that is bfloat16 only on CPUs with instructions for it. On others pixcycle computes in float32, and
    torch's bfloat16 kernels take minutes.
    """
    import torch
    import torch.nn.functional as F

    from pixcycle.models import bf16

    dtype = torch.bfloat16 if way == "bf16-mixed" and bf16.CPU_HAS_INSTRUCTIONS else torch.float32
    a, b, x, weight = (
        torch.ones(*shape, dtype=dtype) for shape in ((2048, 2048),) * 2 + ((4, 256, 64, 64), (256, 256, 3, 3))
    )
    work = {2 * 2048**3: lambda: a @ b, 2 * 4 * 64**2 * 256**2 * 9: lambda: F.conv2d(x, weight, padding=1)}
    best = 0.0
    with torch.no_grad():
        for _ in range(10):
            for flops, product in work.items():
                began = time.perf_counter()
                product()
                best = max(best, flops / (time.perf_counter() - began))
    return best


if __name__ == "__main__":
    main()
