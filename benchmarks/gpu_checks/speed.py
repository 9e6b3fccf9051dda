"""Measure the speed of training steps, compared with the authors' code, and of batches and features."""

import importlib.util
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from baseline.step import METHODS as AUTHORS
from measure import take_turns
from steps import CYCLEGAN, PIX2PIX
from torch.nn.functional import interpolate

from gpu_checks.outcome import Check, CheckFailed, Skipped, Values
from gpu_checks.running import random_images
from gpu_checks.small import METHODS, batch, experiment, fabric_on
from pixcycle.data.batches import Batches
from pixcycle.estimate.bound import memory_bytes, step_seconds
from pixcycle.estimate.gpus import GPUS, Arithmetic, Gpu
from pixcycle.params.experiment import Experiment

WORK: dict[str, dict[str, Any]] = {
    "pix2pix 256, batch 1": PIX2PIX,
    "pix2pix 256, batch 16": PIX2PIX | {"batch_size": 16},
    "CycleGAN ResNet-9 256, batch 1": CYCLEGAN | {"generator": "resnet9"},
}
AT_BATCH_1 = [work for work in WORK if work.endswith("batch 1")]
ON_CPU = {"pix2pix": {"filters": 4, "batch_size": 2}, "cyclegan": {"filters": 8, "crop_size": 64}}
PRECISIONS = {"32-true": "none", "tf32": "none", "bf16-mixed": "none", "16-mixed": "none"}
"""Way -> its setting `compile`. The name of a way begins with its precision."""
ARITHMETIC: dict[str, Arithmetic] = {"32-true": "fp32", "tf32": "TF32", "bf16-mixed": "bf16", "16-mixed": "bf16"}
"""Precision -> arithmetic of its bound. All in GPUS are as fast in fp16 as in bf16."""
CUDA_NAMES = {
    "NVIDIA H200": "h200",
    "NVIDIA H100 80GB HBM3": "h100",
    "NVIDIA A100-SXM4-80GB": "a100",
    "NVIDIA GeForce RTX 3060": "rtx3060",
    "NVIDIA GeForce GTX 1080 Ti": "gtx1080ti",
}
ROUNDS, TURN_SECONDS = 5, 0.25


@dataclass
class Way:
    """A way to make training steps.

    Attributes
    ----------
    tf32
        Whether matrix products, and whether convolutions, may round to TF32.
    """

    step: Callable[[], Any]
    tf32: tuple[bool, bool]
    peak_bytes: int = 0

    def run(self, steps: int, device: torch.device) -> None:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = self.tf32
        for _ in range(steps):
            self.step()
        wait(device)


def measured(work: str, device: torch.device, ours: dict[str, str] = PRECISIONS) -> Values:
    """Measure our ways, the authors' step in float32, and theirs with PyTorch's defaults: convolutions in TF32.

    All of them take turns; each has a row. "times as fast" compares 32-true with the authors' step in float32, and our
    other ways with theirs with PyTorch's defaults.
    """
    small = device.type == "cpu"
    settings = WORK[work]
    e = experiment(settings | (ON_CPU[settings["method"]] if small else {}))
    if small:
        ours = {way: compile for way, compile in ours.items() if way in ("32-true", "bf16-mixed")}
    torch.manual_seed(0)
    a, b = batch(e, device)
    ways = {
        "authors, float32": prepared(lambda: AUTHORS[e.method](e, device), a, b, (False, False), device),
        "authors, PyTorch defaults": prepared(lambda: AUTHORS[e.method](e, device), a, b, (False, True), device),
    }
    for way, compile in ours.items():
        precision = way.partition(",")[0]
        compiled = e.model_copy(update={"compile": compile})
        build = partial(METHODS[e.method], compiled, fabric_on(device, precision), 0)
        ways[way] = prepared(build, a, b, (precision == "tf32",) * 2, device)
    seconds = seconds_a_step(ways, device)
    rows = [row(e, way, ways[way], seconds, gpu_of(device)) for way in ways]
    return {"rows": rows, "bound": "known" if gpu_of(device) else "unknown GPU"}


def prepared(
    build: Callable[[], Any], a: torch.Tensor, b: torch.Tensor, tf32: tuple[bool, bool], device: torch.device
) -> Way:
    """Return a way after some steps, with its peak memory, networks and optimisers included."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
    method = build()
    way = Way(partial(method.step, a, b), tf32)
    way.run(1 if device.type == "cpu" else 5, device)
    if device.type == "cuda":
        way.peak_bytes = torch.cuda.max_memory_allocated(device) - before
    broken = [name for name, loss in way.step().items() if not torch.isfinite(loss)]
    if broken:
        raise CheckFailed(f"not finite: {', '.join(broken)}")
    return way


def seconds_a_step(ways: dict[str, Way], device: torch.device) -> dict[str, list[float]]:
    """Return the seconds per step of each way in each round. A turn consists of several steps, about TURN_SECONDS."""
    if device.type == "cpu":
        return take_turns({name: partial(way.run, 1, device) for name, way in ways.items()}, rounds=1, warmups=0)
    trial = take_turns({name: partial(way.run, 3, device) for name, way in ways.items()}, rounds=1, warmups=0)
    steps = {name: max(1, round(TURN_SECONDS * 3 / seconds)) for name, [seconds] in trial.items()}
    turns = take_turns({name: partial(way.run, steps[name], device) for name, way in ways.items()}, ROUNDS, warmups=0)
    return {name: [turn / steps[name] for turn in seconds] for name, seconds in turns.items()}


def row(e: Experiment, name: str, way: Way, seconds: dict[str, list[float]], gpu: Gpu | None) -> dict[str, Any]:
    """Return a row of the table. "of the bound" is the fraction of the bound for the way's own arithmetic."""
    median = statistics.median(seconds[name])
    cells = {"way": name, "steps/s": 1 / median, "images/s": e.batch_size / median}
    if way.peak_bytes:
        cells["peak GB"] = way.peak_bytes / 1e9
    precision = name.partition(",")[0]
    if precision not in ARITHMETIC:
        return cells
    other = "authors, float32" if precision == "32-true" else "authors, PyTorch defaults"
    rounds = zip(seconds[name], seconds[other], strict=True)
    cells["times as fast"] = statistics.median(theirs / own for own, theirs in rounds)
    if gpu and ARITHMETIC[precision] in gpu.peaks:
        arithmetic = ARITHMETIC[precision]
        cells["of the bound"] = step_seconds(e, e.batch_size, gpu, arithmetic) / median
        cells["counted GB"] = memory_bytes(e, e.batch_size, arithmetic) / 1e9
    return cells


def gpu_of(device: torch.device) -> Gpu | None:
    """Return the peaks of a GPU if pixcycle.estimate.gpus has them. Even similar names can have other peaks."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    return GPUS.get(CUDA_NAMES.get(name, ""))


def delivered(batch_size: int, device: torch.device) -> Values:
    """Measure pairs/s of 256 from 286 pixels, cropped on the CPU and normalised on the device."""
    n = 16 if device.type == "cpu" else 400
    with tempfile.TemporaryDirectory() as folder:
        batches = Batches(random_images(Path(folder), 286, n), "train", 256, True, True, batch_size, 0, device)

        def epoch() -> None:
            for a, b in batches.epoch(0):
                last = a, b
            wait(device)
            if not all(images.isfinite().all() for images in last):
                raise CheckFailed("batches are not finite")

        [*seconds] = take_turns({"epoch": epoch}, rounds=3)["epoch"]
    return {"pairs/s": len(batches) * batch_size / statistics.median(seconds)}


def features(device: torch.device) -> Values:
    """Measure features/s of InceptionV3 with random weights on images of 256 pixels, including copies between devices.

    Uses pixcycle's extractor where its packages are installed, else torchvision's network alone, with batches of 64.
    """
    if importlib.util.find_spec("torchvision") is None:
        raise Skipped("torchvision is not installed")
    from torchvision.models import inception_v3

    network = inception_v3(weights=None, num_classes=1008, aux_logits=False, init_weights=False)
    n, size = (2, 64) if device.type == "cpu" else (512, 256)
    images = np.random.default_rng(0).integers(0, 256, (n, size, size, 3), dtype=np.uint8)
    if importlib.util.find_spec("torch_fidelity") and importlib.util.find_spec("efficientnet_lite_pytorch"):
        from pixcycle.evaluation.features import Extractor, InceptionFeatures, extract
        from pixcycle.metrics.extractors import EXTRACTORS

        own = InceptionFeatures(network.state_dict()).eval().requires_grad_(False)
        extractor = Extractor(EXTRACTORS["inception-v3"], own.to(memory_format=torch.channels_last))
        by, way = "pixcycle", partial(extract, extractor, images, 64, device)
    else:
        by, way = "torchvision", partial(torchvision_features, network.eval().to(device), images, device)
    fabric_on(device)
    seconds = take_turns({by: way}, rounds=1 if device.type == "cpu" else 3)[by]
    return {"features/s": n / statistics.median(seconds), "by": by}


def torchvision_features(network: torch.nn.Module, images: np.ndarray, device: torch.device) -> None:
    with torch.inference_mode():
        for start in range(0, len(images), 64):
            pixels = torch.from_numpy(images[start : start + 64]).to(device).permute(0, 3, 1, 2).float() / 128 - 1
            network(interpolate(pixels, (299, 299), mode="bilinear")).cpu()


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


CHECKS: dict[str, Check] = {
    **{f"speed: {work}": partial(measured, work) for work in WORK},
    "data delivered, batch 1": partial(delivered, 1),
    "data delivered, batch 16": partial(delivered, 16),
    "features": features,
}
