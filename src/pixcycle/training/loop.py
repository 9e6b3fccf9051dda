"""One training run, from initial weights (or where it was interrupted) to a finished folder."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pixcycle.data.batches import Batches
from pixcycle.engine import ranks
from pixcycle.engine.fabric import Fabric
from pixcycle.engine.notice import EXIT_CODE, noticed
from pixcycle.files import finished_folder, part, write_json
from pixcycle.models.foreign import load_foreign
from pixcycle.runs import Run
from pixcycle.schema import Experiment
from pixcycle.training import checkpoint, collapse
from pixcycle.training.attempts import attempts, note
from pixcycle.training.cyclegan import CycleGAN
from pixcycle.training.history import History, read_history
from pixcycle.training.pix2pix import Pix2pix
from pixcycle.training.progress import Progress, so_far
from pixcycle.training.record import arithmetic, device_name, record_of
from pixcycle.training.translate import sample
from pixcycle.training.translated import samples_folder

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
    each batch, and only the first of them writes. Told to stop by SIGTERM, it saves its state and exits.
    """
    e = run.config
    fabric = ranks.fabric(e.precision)
    with _work_folder(fabric, out) as work, noticed() as told_to_stop:
        torch.manual_seed(run.seed)
        method = METHODS[e.method](e, fabric, run.seed)
        if weights:
            method.nets["g"].load_state_dict(load_foreign(weights, "unet_256", filters=e.filters).state_dict())
        batches = _batches(e, prepared, run.seed, fabric.device)
        saved = done = checkpoint.restore(work, method)
        progress = Progress(f"{run.id} seed {run.seed}", e.epochs, len(batches), done.epoch, done.step)
        steps = done.epoch * len(batches) + done.step
        if writes := fabric.is_global_zero:
            progress.say(_where(fabric, e))
            note(work, done.epoch, done.step)
            write_json(work / "config.json", run.model_dump(mode="json"))
            history = History(work / "history.csv", steps)

        broken, started = "", time.monotonic()
        save_at = started + checkpoint.SECONDS_BETWEEN
        for epoch, step, a, b in _steps(e, method, batches, done):
            losses = method.step(a, b)
            steps += 1
            stop = told_to_stop() and ranks.count() == 1
            if step % e.log_every == 0:
                values, stop = _read(losses, told_to_stop())
                broken = collapse.broken(values)
                if writes:
                    history.add(epoch, steps - 1, values)
                    progress.show(epoch, step, values, batches.batch_size)

            ends = broken or step + 1 == len(batches)
            seconds = done.seconds + time.monotonic() - started
            done = checkpoint.Done(epoch + 1, 0, seconds) if ends else checkpoint.Done(epoch, step + 1, seconds)
            if writes and ends:
                history.flush()
                if epoch + 1 in e.sample_epochs:
                    sample(e, method.nets, prepared, fabric, samples_folder(work, epoch + 1))
            if broken:
                break
            if writes and (stop or time.monotonic() >= save_at):
                began = time.monotonic()
                history.flush()
                saved = done if checkpoint.save(work, method, done) else saved
                save_at = time.monotonic() + checkpoint.SECONDS_BETWEEN * max(1, time.monotonic() - began)
            if stop:
                if writes:
                    progress.say(f"told to stop; the same command goes on after {so_far(saved.epoch, saved.step)}")
                fabric.barrier()  # as a launcher ends all ranks when one of them has ended
                sys.exit(EXIT_CODE)
            started = time.monotonic()

        if not writes:
            return
        collapsed = broken or (_collapse(e, method, prepared, fabric, work) if done.epoch else "")
        if collapsed:
            progress.say(f"collapsed: {collapsed}")
        checkpoint.write_final(work, method.nets.weights(), e)
        record = record_of(run, method, fabric, done, steps, batches, collapsed)
        write_json(work / "run.json", record | {"attempts": attempts(work)})
    checkpoint.forget(out)
    progress.finish(done.seconds)


def _steps(
    e: Experiment, method: Any, batches: Batches, done: checkpoint.Done
) -> Iterator[tuple[int, int, Tensor, Tensor]]:
    """(epoch, step in it, batch of A, batch of B) of all that is not done, at the learning rates of each epoch."""
    for epoch in range(done.epoch, e.epochs):
        method.nets.scale_lr(learning_rate_factor(epoch, e.n_epochs, e.n_epochs_decay))
        first = done.step if epoch == done.epoch else 0
        for step, (a, b) in enumerate(batches.epoch(epoch, first), start=first):
            yield epoch, step, a, b


def _read(losses: dict[str, Tensor], told_to_stop: bool) -> tuple[dict[str, float], bool]:
    """The means over all ranks, and whether any was told. The device is waited for once, not once for each loss."""
    told = next(iter(losses.values())).new_full((), float(told_to_stop))
    *values, anyone = ranks.mean(torch.stack([*losses.values(), told]).detach()).tolist()
    return dict(zip(losses, values, strict=True)), anyone > 0


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


def _where(fabric: Fabric, e: Experiment) -> str:
    """What is trained on, for the person who waits."""
    threads = torch.get_num_threads()
    device = "no GPU here: on the CPU" if fabric.device.type == "cpu" else f"on {device_name(fabric.device)}"
    fewer = f" (gpus: {e.gpus} is asked for)" if ranks.count() < e.gpus else ""
    processes = f"{ranks.count()} processes with " if ranks.count() > 1 else ""
    note = arithmetic(fabric.device, e.precision)
    return f"{device}, {processes}{threads} thread{'s' if threads > 1 else ''}{fewer}{f'; {note}' if note else ''}"


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
    fakes = sample(e, method.nets, prepared, fabric, samples_folder(work, e.epochs))
    found = [collapse.discriminators_at_zero(read_history(work)), collapse.constant_output(fakes)]
    return "; ".join(filter(None, found))
