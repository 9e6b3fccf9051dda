"""The training loop of one run, from its initial weights or its last saved state to a finished folder."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from pixcycle.base.checksums import write_checksums
from pixcycle.base.files import finished_folder, part, write_json
from pixcycle.base.progress import Progress, so_far
from pixcycle.data.batches import Batches
from pixcycle.machine import ranks
from pixcycle.machine.fabric import Fabric
from pixcycle.machine.sigterm import EXIT_CODE, noticed
from pixcycle.methods.method import Method
from pixcycle.methods.networks import Networks
from pixcycle.methods.registry import METHODS
from pixcycle.models.foreign import load_foreign
from pixcycle.params.experiment import Experiment
from pixcycle.params.published import authors_generator
from pixcycle.plan.runs import Run
from pixcycle.records.attempts import attempts, note
from pixcycle.records.history import History, read_history
from pixcycle.records.manifest import read_manifest
from pixcycle.records.run import config_file, run_file
from pixcycle.training import checkpoint, collapse
from pixcycle.training.record import arithmetic, device_name, record_of
from pixcycle.training.watch import Watch

Sampler: TypeAlias = Callable[[Networks, Fabric, Path, int], dict[str, np.ndarray]]
"""sample(networks, fabric, run folder, epoch): translate a few test images with the current networks.

The function saves the translations in the run's folder, and returns them as uint8 (N, H, W, 3) by direction.
"""


def learning_rate_factor(epoch: int, n_epochs: int, n_epochs_decay: int) -> float:
    """Return the factor of the learning rate: 1 for n_epochs, then decaying linearly to 0 after n_epochs_decay more.

    This is the schedule of report 004, and the policy `linear` of the authors' pytorch-CycleGAN-and-pix2pix before its
    commit fd29199. The newer form divides by n_epochs_decay, so that it trains the last epoch with a rate of 0. `epoch`
    counts from 0.
    """
    return 1.0 - max(0, epoch + 1 - n_epochs) / (n_epochs_decay + 1)


def train(
    run: Run,
    prepared: Path,
    out: Path,
    sample: Sampler,
    weights: Sequence[Path] = (),
    watch: Callable[[int], Watch] | None = None,
) -> None:
    """Train a run, or continue an interrupted training; the folder `out` appears only when it is complete.

    On one CPU the result depends only on the run and the prepared data, bit by bit, interrupted or not. Several ranks
    share each batch, and only the first rank writes. On SIGTERM, the training saves its state and exits.

    Parameters
    ----------
    run
        What to train, with its seed.
    prepared
        Folder of the prepared dataset.
    out
        Folder of the finished run.
    sample
        Called after each of the experiment's `sample_epochs`, and at the end.
    weights
        Files of the experiment's published weights, for a run that starts from them: those of its direction first; or
        the file of its feature_network.
    watch
        Given the number of steps already done, open the files for looking at the training while it runs.
    """
    e = run.config
    fabric = ranks.fabric(e.precision)
    with _work_folder(fabric, out) as work, noticed() as sigterm_received, ExitStack() as at_end:
        torch.manual_seed(run.seed)
        method = METHODS[e.method](e, fabric, run.seed)
        method.load_fetched(weights)
        if e.published and weights:
            _load_published(method, e, weights)
        batches = training_batches(e, prepared, run.seed, fabric.device)
        saved = done = checkpoint.restore(work, method)
        progress = Progress(f"{run.id} seed {run.seed}", e.epochs, len(batches), done.epoch, done.step)
        steps = done.epoch * len(batches) + done.step
        if writes := fabric.is_global_zero:
            progress.say(_where(fabric, e))
            note(work, done.epoch, done.step)
            write_json(config_file(work), run.model_dump(mode="json"))
            history = History(work / "history.csv", steps)
        watching = watch(steps) if watch and writes else None
        if watching:
            at_end.callback(watching.close)

        broken, started = "", time.monotonic()
        save_at = started + checkpoint.SECONDS_BETWEEN
        for epoch, step, a, b in _steps(e, method, batches, done):
            losses = method.step(a, b)
            steps += 1
            stop = sigterm_received() and ranks.count() == 1
            if step % e.log_every == 0:
                values, stop = _read(losses, sigterm_received())
                broken = collapse.broken(values)
                if writes:
                    history.add(epoch, steps - 1, values)
                    progress.show(epoch, step, _shown(method, values), batches.batch_size)
                if watching and (problem := watching.show(epoch, steps - 1, values, method.nets, fabric)):
                    progress.say(f"no longer watched: {problem}")
                    watching = None

            ends = broken or step + 1 == len(batches)
            seconds = done.seconds + time.monotonic() - started
            done = checkpoint.Done(epoch + 1, 0, seconds) if ends else checkpoint.Done(epoch, step + 1, seconds)
            if writes and ends:
                history.flush()
                if epoch + 1 in e.sample_epochs:
                    sample(method.nets, fabric, work, epoch + 1)
            if broken:
                break
            if writes and (stop or time.monotonic() >= save_at):
                began = time.monotonic()
                history.flush()
                saved = done if checkpoint.save(work, method, done) else saved
                save_at = time.monotonic() + checkpoint.SECONDS_BETWEEN * max(1, time.monotonic() - began)
            if stop:
                if writes:
                    reached = so_far(saved.epoch, saved.step)
                    progress.say(f"stopped by SIGTERM; run the same command again to continue after {reached}")
                fabric.barrier()  # launchers end all ranks as soon as one has exited
                sys.exit(EXIT_CODE)
            started = time.monotonic()

        if not writes:
            return
        collapsed = broken or (
            _collapse(method, e, sample(method.nets, fabric, work, e.epochs), work) if done.epoch else ""
        )
        if collapsed:
            progress.say(f"collapsed: {collapsed}")
        checkpoint.write_final(work, method.nets.weights(), e)
        images = read_manifest(prepared).sha256("train")
        record = record_of(run, method, fabric, done, steps, batches, collapsed, attempts(work), images)
        record.write(run_file(work))
        write_checksums(work, run_file(work).name, checkpoint.STATE)
    checkpoint.forget(out)
    progress.finish(done.seconds)


def _steps(
    e: Experiment, method: Method, batches: Batches, done: checkpoint.Done
) -> Iterator[tuple[int, int, Tensor, Tensor]]:
    """Yield (epoch, step, batch of A, batch of B) of the remaining steps, and set the learning rates of each epoch."""
    for epoch in range(done.epoch, e.epochs):
        method.nets.scale_lr(learning_rate_factor(epoch, e.n_epochs, e.n_epochs_decay))
        first = done.step if epoch == done.epoch else 0
        for step, (a, b) in enumerate(batches.epoch(epoch, first), start=first):
            yield epoch, step, a, b


def _load_published(method: Method, e: Experiment, files: Sequence[Path]) -> None:
    """Replace the generators' weights: the first file is for the experiment's direction, a second for the other one."""
    names = METHODS[e.method].generators(e)
    directions = [e.direction, *(direction for direction in names if direction != e.direction)]
    dropout = None if e.generator == "unet" else e.dropout  # a U-Net has the same weights with and without
    for direction, file in zip(directions, files, strict=True):
        foreign = load_foreign(file, authors_generator(e), norm=e.norm, dropout=dropout, filters=e.filters)
        method.nets[names[direction]].load_state_dict(foreign.network.state_dict())


def _read(losses: dict[str, Tensor], stop: bool) -> tuple[dict[str, float], bool]:
    """Return the losses' means over all ranks, and whether any rank has to stop; wait for the device only once."""
    stop_here = next(iter(losses.values())).new_full((), float(stop))
    *values, share_to_stop = ranks.mean(torch.stack([*losses.values(), stop_here]).detach()).tolist()
    return dict(zip(losses, values, strict=True)), share_to_stop > 0


@contextmanager
def _work_folder(fabric: Fabric, out: Path) -> Iterator[Path]:
    """Yield the folder that becomes `out`. The first rank creates and finishes it; the others only read from it."""
    if not fabric.is_global_zero:
        fabric.barrier()
        yield part(out)
        return
    with finished_folder(out, keep_work=True) as work:
        fabric.barrier()
        yield work


def _where(fabric: Fabric, e: Experiment) -> str:
    """Describe for the user the hardware that the run is trained on."""
    threads = torch.get_num_threads()
    device = "no GPU here: on the CPU" if fabric.device.type == "cpu" else f"on {device_name(fabric.device)}"
    fewer = f" (gpus: {e.gpus} requested)" if ranks.count() < e.gpus else ""
    processes = f"{ranks.count()} processes with " if ranks.count() > 1 else ""
    note = arithmetic(fabric.device, e.precision)
    return f"{device}, {processes}{threads} thread{'s' if threads > 1 else ''}{fewer}{f'; {note}' if note else ''}"


def _shown(method: Method, losses: dict[str, float]) -> dict[str, float]:
    """Return the losses of a progress line: the generators' total and those of the discriminators."""
    return {name: value for name, value in losses.items() if name in ("g", *method.losses.discriminator)}


def training_batches(e: Experiment, prepared: Path, seed: int, device: torch.device) -> Batches:
    """Return the batches that an experiment trains on, or this rank's share of them."""
    return Batches(
        prepared,
        "train",
        crop_size=e.crop_size,
        flip=e.flip,
        paired=METHODS[e.method].needs_pairs,
        batch_size=e.batch_size,
        seed=seed,
        device=device,
        epoch_length=e.epoch_length,
        share=(ranks.rank(), ranks.count()),
        pair_jitter=e.pair_jitter,
        augmentation=e.augmentation,
        flip_draw=e.flip_draw,
        shuffle_buffer=e.shuffle_buffer,
        last_batch=e.last_batch,
    )


def _collapse(method: Method, e: Experiment, fakes: dict[str, np.ndarray], work: Path) -> str:
    """Describe how a run that reached its end has collapsed; empty if it has not.

    `fakes` holds the translations of a few test images by direction.
    """
    history = read_history(work, method.summed_losses(e))
    at_zero = collapse.discriminators_at_zero(history, method.losses.discriminator)
    return "; ".join(filter(None, [at_zero, collapse.constant_output(fakes)]))
