"""The record of a finished run: how it ended, its cost, and its hardware and software."""

import platform
import resource
from importlib.metadata import version
from typing import Any

import torch

from pixcycle.base.git import CODE, commit
from pixcycle.data.batches import Batches
from pixcycle.machine import ranks
from pixcycle.machine.fabric import Fabric
from pixcycle.models import bf16
from pixcycle.params.fields import Precision
from pixcycle.plan.names import RECIPE
from pixcycle.plan.runs import Run
from pixcycle.records.manifest import Domain
from pixcycle.records.run import Attempt, RunRecord
from pixcycle.training import checkpoint


def record_of(
    run: Run,
    method: Any,
    fabric: Fabric,
    done: checkpoint.Done,
    steps: int,
    batches: Batches,
    collapsed: str,
    attempts: list[Attempt],
    images_sha256: dict[Domain, str],
) -> RunRecord:
    """Return the content of run.json; `collapsed` says how the run collapsed, or is empty."""
    packages = ("torch", "torchvision", "numpy", "pillow", "lightning-fabric")
    return RunRecord(
        run=run.key,
        fingerprint=run.fingerprint,
        data=run.data,
        seed=run.seed,
        status="collapsed" if collapsed else "finished",
        collapse=collapsed,
        epochs=done.epoch,
        steps=steps,
        steps_per_epoch=len(batches),
        batch_size=batches.batch_size,
        parameters=method.nets.parameter_counts(),
        seconds=round(done.seconds, 2),
        images_per_second=round(batches.images(steps) / done.seconds, 2) if steps else None,
        peak_memory_mb=_peak_memory_mb(fabric.device),
        device=device_name(fabric.device),
        processes=ranks.count(),
        threads=torch.get_num_threads(),
        precision=run.config.precision,
        arithmetic=arithmetic(fabric.device, run.config.precision),
        versions={"python": platform.python_version()} | {name: version(name) for name in packages},
        recipe=RECIPE["train"],
        commit=commit(CODE),
        attempts=attempts,
        images_sha256=images_sha256,
    )


def arithmetic(device: torch.device, precision: Precision) -> str:
    """Return a note if a device computes a precision in another way than its name says; otherwise ""."""
    if device.type != "cpu" or precision not in ("bf16-mixed", "16-mixed"):
        return ""
    notes = [bf16.IN_PLACE_OF_FP16] if precision == "16-mixed" else []
    return "; ".join(notes if bf16.CPU_HAS_INSTRUCTIONS else [*notes, bf16.NOTE])


def _peak_memory_mb(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) // 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU ({platform.machine()})"
