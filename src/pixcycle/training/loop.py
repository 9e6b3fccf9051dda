"""One training run, from initial weights (or where it was interrupted) to a finished folder."""

import platform
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor

from pixcycle.commit import commit
from pixcycle.config import Experiment
from pixcycle.data.batches import Batches
from pixcycle.engine import ranks
from pixcycle.files import finished_folder, part, write_json
from pixcycle.models.foreign import load_foreign
from pixcycle.runs import RECIPE, Run
from pixcycle.training import checkpoint, collapse
from pixcycle.training.attempts import attempts, note
from pixcycle.training.cyclegan import CycleGAN
from pixcycle.training.history import History, read_history
from pixcycle.training.pix2pix import Pix2pix
from pixcycle.training.progress import Progress
from pixcycle.training.translate import sample, samples_folder

METHODS = {"pix2pix": Pix2pix, "cyclegan": CycleGAN}


def learning_rate_factor(epoch: int, n_epochs: int, n_epochs_decay: int) -> float:
    """1 for n_epochs, then linearly down, 0 after n_epochs_decay more (report 004; the authors' `linear` policy).

    epoch: counted from 0.
    """
    return 1.0 - max(0, epoch + 1 - n_epochs) / (n_epochs_decay + 1)


def train(run: Run, prepared: Path, out: Path, weights: Path | None = None) -> None:
    """Train a run into the folder `out`, which appears only when it is whole; an interrupted call is taken up again.

    weights: the file of its published_weights, for a run that starts from those.
    On one CPU the result depends on (run, prepared data) alone, to the bit, interrupted or not. Several ranks share
    each batch, and only the first of them writes.
    """
    e = run.config
    fabric = ranks.fabric(e.precision)
    with _work_folder(fabric, out) as work:
        torch.manual_seed(run.seed)
        method = METHODS[e.method](e, fabric, run.seed)
        if weights:
            method.nets["g"].load_state_dict(load_foreign(weights, "unet_256", filters=e.filters).state_dict())
        batches = _batches(e, prepared, run.seed, fabric.device)
        done = checkpoint.restore(work, method)
        progress = Progress(f"{run.id} seed {run.seed}", e.n_epochs + e.n_epochs_decay, len(batches), done.epoch)
        if writes := fabric.is_global_zero:
            progress.say(_where(fabric, e.gpus))
            note(work, done.epoch)
            write_json(work / "config.json", run.model_dump(mode="json"))
            history = History(work / "history.csv", done.epoch)

        broken, steps = "", done.epoch * len(batches)
        for epoch in range(done.epoch, e.n_epochs + e.n_epochs_decay):
            started = time.monotonic()
            method.nets.scale_lr(learning_rate_factor(epoch, e.n_epochs, e.n_epochs_decay))
            for step, (a, b) in enumerate(batches.epoch(epoch)):
                losses = method.step(a, b)
                steps += 1
                if step % e.log_every == 0:
                    values = _read(losses)
                    broken = collapse.broken(values)
                    if writes:
                        history.add(epoch, epoch * len(batches) + step, values)
                        progress.show(epoch, step, values, batches.batch_size)
                if broken:
                    break
            done = checkpoint.Done(epoch + 1, done.seconds + time.monotonic() - started)
            if writes:
                history.flush()
                if epoch + 1 in e.sample_epochs:
                    sample(e, method.nets, prepared, fabric, samples_folder(work, epoch + 1))
                if not broken:
                    checkpoint.save_now_and_then(work, method, done)
            if broken:
                break

        if not writes:
            return
        collapsed = broken or (_collapse(e, method, prepared, fabric, work) if done.epoch else "")
        if collapsed:
            progress.say(f"collapsed: {collapsed}")
        checkpoint.write_final(work, method.nets.weights(), e)
        record = _record(run, method, fabric, done, steps, batches, collapsed)
        write_json(work / "run.json", record | {"attempts": attempts(work)})
    checkpoint.forget(out)
    progress.finish(done.seconds)


def _read(losses: dict[str, Tensor]) -> dict[str, float]:
    """The means over all ranks. The device is waited for once, not once for each loss."""
    values = ranks.mean(torch.stack(list(losses.values())).detach()).tolist()
    return dict(zip(losses, values, strict=True))


@contextmanager
def _work_folder(fabric: Fabric, out: Path) -> Iterator[Path]:
    """The folder that becomes `out`, made and finished by the first rank; the others read from it."""
    if not fabric.is_global_zero:
        fabric.barrier()
        yield part(out)
        return
    with finished_folder(out, keep_work=True) as work:
        fabric.barrier()
        yield work


def _where(fabric: Fabric, gpus: int) -> str:
    """What is trained on, for the person who waits."""
    threads = torch.get_num_threads()
    device = "no GPU here: on the CPU" if fabric.device.type == "cpu" else f"on {_device_name(fabric.device)}"
    fewer = f" (gpus: {gpus} is asked for)" if ranks.count() < gpus else ""
    processes = f"{ranks.count()} processes with " if ranks.count() > 1 else ""
    return f"{device}, {processes}{threads} thread{'s' if threads > 1 else ''}{fewer}"


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
        epoch_length=e.epoch_length,
        share=(ranks.rank(), ranks.count()),
    )


def _collapse(e: Experiment, method: Any, prepared: Path, fabric: Fabric, work: Path) -> str:
    """What a look at the whole run tells; the translations that it needs are kept as those after the last epoch."""
    fakes = sample(e, method.nets, prepared, fabric, samples_folder(work, e.n_epochs + e.n_epochs_decay))
    found = [collapse.discriminators_at_zero(read_history(work)), collapse.constant_output(fakes)]
    return "; ".join(filter(None, found))


def _record(
    run: Run, method: Any, fabric: Fabric, done: checkpoint.Done, steps: int, batches: Batches, collapsed: str
) -> dict:
    return {
        "run": run.key,
        "fingerprint": run.fingerprint,
        "data": run.data,
        "seed": run.seed,
        "status": "collapsed" if collapsed else "finished",
        "collapse": collapsed,
        "epochs": done.epoch,
        "steps": steps,
        "steps_per_epoch": len(batches),
        "batch_size": batches.batch_size,
        "parameters": method.nets.parameter_counts(),
        "seconds": round(done.seconds, 2),
        "images_per_second": round(steps * batches.batch_size / done.seconds, 2) if steps else None,
        "peak_memory_mb": _peak_memory_mb(fabric.device),
        "device": _device_name(fabric.device),
        "processes": ranks.count(),
        "threads": torch.get_num_threads(),
        "precision": run.config.precision,
        "versions": {
            "python": platform.python_version(),
            **{p: version(p) for p in ("torch", "torchvision", "numpy", "lightning-fabric")},
        },
        "recipe": RECIPE["train"],
        "commit": commit(Path()),
    }


def _peak_memory_mb(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) // 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU ({platform.machine()})"
