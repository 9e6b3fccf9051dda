"""One training run, from initial weights (or where it was interrupted) to a finished folder."""

import math
import os
import platform
import resource
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric

from pixcycle.config import Experiment
from pixcycle.data.batches import Batches
from pixcycle.files import finished_folder, write_json
from pixcycle.runs import Run
from pixcycle.training import checkpoint
from pixcycle.training.cyclegan import CycleGAN
from pixcycle.training.history import History
from pixcycle.training.pix2pix import Pix2pix
from pixcycle.training.progress import Progress

METHODS = {"pix2pix": Pix2pix, "cyclegan": CycleGAN}


def learning_rate_factor(epoch: int, n_epochs: int, n_epochs_decay: int) -> float:
    """1 for n_epochs, then linearly down, 0 after n_epochs_decay more (report 004; the authors' `linear` policy).

    epoch: counted from 0.
    """
    return 1.0 - max(0, epoch + 1 - n_epochs) / (n_epochs_decay + 1)


def train(run: Run, prepared: Path, out: Path) -> None:
    """Train a run into the folder `out`, which appears only when it is whole; an interrupted call is taken up again.

    On one CPU the result depends on (run, prepared data) alone, to the bit, interrupted or not.
    """
    e = run.config
    with finished_folder(out, keep_work=True) as work:
        fabric = Fabric(accelerator="auto", devices=1, precision=e.precision)
        torch.manual_seed(run.seed)
        method = METHODS[e.method](e, fabric, run.seed)
        batches = _batches(e, prepared, run.seed, fabric.device)
        done = checkpoint.restore(work, method)
        history = History(work / "history.csv", done.epoch)
        progress = Progress(f"{run.id} seed {run.seed}", e.n_epochs + e.n_epochs_decay, len(batches), done.epoch)
        write_json(work / "config.json", run.model_dump(mode="json"))

        collapsed = ""
        for epoch in range(done.epoch, e.n_epochs + e.n_epochs_decay):
            started = time.monotonic()
            method.nets.scale_lr(learning_rate_factor(epoch, e.n_epochs, e.n_epochs_decay))
            for step, (a, b) in enumerate(batches.epoch(epoch)):
                losses = method.step(a, b)
                if step % e.log_every == 0:
                    values = {name: loss.item() for name, loss in losses.items()}
                    history.add(epoch, epoch * len(batches) + step, values)
                    progress.show(epoch, step, values, e.batch_size)
                    collapsed = _collapse(values)
                if collapsed:
                    break
            history.flush()
            done = checkpoint.Done(epoch + 1, done.seconds + time.monotonic() - started)
            if collapsed:
                progress.say(f"collapsed in epoch {epoch + 1}: {collapsed}")
                break
            checkpoint.save_now_and_then(work, method, done)

        checkpoint.write_final(work, method.nets.weights())
        write_json(work / "run.json", _record(run, method, fabric, done, len(batches), collapsed))
        checkpoint.forget(work)
    progress.finish(done.seconds)


def _batches(e: Experiment, prepared: Path, seed: int, device: torch.device) -> Batches:
    return Batches(
        prepared,
        "train",
        crop_size=e.crop_size,
        flip=e.flip,
        paired=e.method == "pix2pix",
        batch_size=e.batch_size,
        seed=seed,
        device=device,
    )


def _collapse(losses: dict[str, float]) -> str:
    broken = [name for name, value in losses.items() if not math.isfinite(value)]
    return f"{', '.join(broken)} no longer finite" if broken else ""


def _record(run: Run, method: Any, fabric: Fabric, done: checkpoint.Done, steps: int, collapsed: str) -> dict:
    images = done.epoch * steps * run.config.batch_size
    return {
        "run": run.key,
        "fingerprint": run.fingerprint,
        "data": run.data,
        "seed": run.seed,
        "status": "collapsed" if collapsed else "finished",
        "collapse": collapsed,
        "epochs": done.epoch,
        "steps": done.epoch * steps,
        "parameters": method.nets.parameter_counts(),
        "seconds": round(done.seconds, 2),
        "images_per_second": round(images / done.seconds, 2) if images else None,
        "peak_memory_mb": _peak_memory_mb(fabric.device),
        "device": _device_name(fabric.device),
        "threads": torch.get_num_threads(),
        "precision": run.config.precision,
        "versions": {
            "python": platform.python_version(),
            **{p: version(p) for p in ("torch", "torchvision", "numpy", "lightning-fabric")},
        },
        "slurm_job_id": os.environ.get("SLURM_JOB_ID"),
    }


def _peak_memory_mb(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) // 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU ({platform.machine()})"
