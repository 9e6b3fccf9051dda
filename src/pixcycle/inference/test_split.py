"""Translate test images to PNG: all of them after training, a few of them during training."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from pixcycle.base.checksums import recorded_sha256, write_checksums
from pixcycle.base.errors import UserError
from pixcycle.base.files import finished_folder, write_here
from pixcycle.data.batches import test_images, to_tensor, to_uint8
from pixcycle.data.png import png_of
from pixcycle.machine import ranks
from pixcycle.machine.fabric import Fabric
from pixcycle.methods.networks import Networks
from pixcycle.methods.registry import METHODS
from pixcycle.params.experiment import Experiment
from pixcycle.paths import BACK, OF_TRAINING, SOURCE, Direction, cycled_folder, fakes_folder, samples_folder
from pixcycle.plan.runs import Run
from pixcycle.records.manifest import read_manifest
from pixcycle.records.run import weights_file
from pixcycle.records.translated import Translations, sample_indices, translations_file
from pixcycle.training import checkpoint
from pixcycle.training.loop import Sampler, training_batches
from pixcycle.training.watch import Strips


def translate(run: Run, trained: Path, prepared: Path, out: Path) -> None:
    """Write `fake_B/NAME.png` (from A) and `fake_A/NAME.png` (from B) to `out`, for the directions that the run has.

    CycleGAN also writes the reconstructions F(G(x)) of the scored direction's inputs, as `cycle_A` or `cycle_B`.

    Raises
    ------
    UserError
        If a generator outputs NaN or infinity, unless the run is recorded as collapsed.
    """
    e = run.config
    with finished_folder(out) as work:
        fabric = ranks.fabric(e.precision)
        torch.manual_seed(run.seed)
        generators = {
            direction: at_inference(e, direction, checkpoint.load_generator(trained, direction, e), fabric.device)
            for direction in METHODS[e.method].generators(e)
        }
        collapsed = checkpoint.is_collapsed(trained)

        def generated(generator: nn.Module, images: Tensor, direction: str, names: list[str]) -> Tensor:
            outputs = _through(generator, images, fabric)
            finite = outputs.isfinite().flatten(1).all(1).tolist()
            if collapsed or all(finite):
                return outputs
            raise UserError(
                f"{run.key}: generator {direction}: NaN or infinity for test image {names[finite.index(False)]}, but "
                f"{trained}/run.json records no collapse; remove {trained} and run the same command to train it again"
            )

        for direction, generator in generators.items():
            back = generators.get(BACK[direction]) if direction == e.direction else None
            images, names = test_inputs(prepared, direction)
            for start in range(0, len(images), e.inference_batch):
                batch = slice(start, start + e.inference_batch)
                inputs = to_tensor(np.ascontiguousarray(images[batch]), fabric.device)
                fakes = generated(generator, inputs, direction, names[batch])
                _save(fakes_folder(work, direction), names[batch], fakes)
                if back:
                    cycled = generated(back, fakes, BACK[direction], names[batch])
                    _save(cycled_folder(work, direction), names[batch], cycled)
        record = Translations(
            run=run.key,
            fingerprint=run.translated_fingerprint,
            weights_sha256=recorded_sha256(weights_file(trained)),
            images_sha256=read_manifest(prepared).sha256("test"),
        )
        record.write(translations_file(work))
        write_checksums(work, translations_file(work).name)


def sampler(e: Experiment, prepared: Path, seed: int) -> Sampler:
    """Return a function that translates a few fixed test images of each direction during training.

    With `sample_training` it also translates the first training image that each domain shows, cropped as in the first
    epoch, and saves it beside its translation.

    It uses running statistics and no dropout, and changes neither the networks nor the random numbers of the training.
    The experiment's inference settings are ignored, as they are not part of the name of the run's folder.
    """
    fixed = {"inference_dropout": False, "inference_norm": "running"}
    search = {name: Experiment.model_fields[name].default for name in ("inversion_steps", "inversion_lr")}
    e = e.model_copy(update=fixed | search)

    def sample(networks: Networks, fabric: Fabric, run: Path, epoch: int) -> dict[str, np.ndarray]:
        samples = {}
        for direction in METHODS[e.method].generators(e):
            images, names = test_inputs(prepared, direction)
            chosen = sample_indices(len(images))
            fakes = _sampled(e, direction, images[chosen], networks, fabric)
            samples[direction] = _pixels(fakes)
            _save(fakes_folder(samples_folder(run, epoch), direction), [names[i] for i in chosen], fakes)
        if e.sample_training:
            firsts = dict(zip("AB", next(training_batches(e, prepared, seed, fabric.device).epoch(0)), strict=True))
            for direction in METHODS[e.method].generators(e):
                shown = firsts[SOURCE[direction]][:1]
                fakes = _sampled(e, direction, to_uint8(shown), networks, fabric)
                folder = samples_folder(run, epoch) / OF_TRAINING
                _save(folder, [SOURCE[direction]], shown)
                _save(fakes_folder(folder, direction), [SOURCE[direction]], fakes)
        return samples

    return sample


def strips(e: Experiment, prepared: Path) -> Strips:
    """Return a function that translates the images of `sampler` as it does, and saves nothing.

    Rows of a strip are the inputs, their translations, and, if the data are paired, the true images.
    """
    e = e.model_copy(update={"inference_dropout": False, "inference_norm": "running"})
    paired = read_manifest(prepared).paired

    def strip(networks: Networks, fabric: Fabric) -> dict[str, np.ndarray]:
        drawn = {}
        for direction in METHODS[e.method].generators(e):
            images, _ = test_inputs(prepared, direction)
            chosen = sample_indices(len(images))
            rows = [images[chosen], _pixels(_sampled(e, direction, images[chosen], networks, fabric))]
            if paired:
                rows.append(test_inputs(prepared, BACK[direction])[0][chosen])
            drawn[direction] = np.concatenate([np.concatenate(list(row), axis=1) for row in rows])
        return drawn

    return strip


def _sampled(e: Experiment, direction: Direction, images: np.ndarray, networks: Networks, fabric: Fabric) -> Tensor:
    """Translate images during training, without an effect on its networks and random numbers."""
    name = METHODS[e.method].generators(e)[direction]
    with torch.random.fork_rng(devices=[fabric.device] if fabric.device.type == "cuda" else []):
        generator = at_inference(e, direction, networks[name].state_dict(), fabric.device)
        return _through(generator, to_tensor(np.ascontiguousarray(images), fabric.device), fabric)


def test_inputs(prepared: Path, direction: str) -> tuple[np.ndarray, list[str]]:
    """Return the test images (N, H, W, 3) that are the inputs of a direction, and their names."""
    a, b, names_a, names_b = test_images(prepared)
    return {"A": (a, names_a), "B": (b, names_b)}[SOURCE[direction]]


def at_inference(
    e: Experiment, direction: Direction, weights: dict[str, Tensor], device: torch.device | str = "cpu"
) -> nn.Module:
    """Return the generator of a direction with the given weights, in the experiment's mode of inference.

    inference_dropout keeps dropout on; inference_norm `batch` normalises with the test batch's own statistics, as
    the authors of pix2pix do (report 002, section 3.4).
    """
    generator = METHODS[e.method].translator(e, direction)
    generator.load_state_dict(weights)
    generator.eval()
    for layer in generator.modules():
        if isinstance(layer, nn.Dropout):
            layer.train(e.inference_dropout)
        if isinstance(layer, nn.BatchNorm2d):
            layer.train(e.inference_norm == "batch")
    return generator.to(device, memory_format=torch.channels_last)


def _through(generator: nn.Module, images: Tensor, fabric: Fabric) -> Tensor:
    with torch.inference_mode(), fabric.autocast():
        return generator(images).float()


def _save(folder: Path, names: list[str], images: Tensor) -> None:
    for name, image in zip(names, _pixels(images), strict=True):
        write_here(folder / f"{name}.png", png_of(image))


def _pixels(images: Tensor) -> np.ndarray:
    """Convert as `to_uint8`, with black for NaN, which a collapsed generator outputs."""
    return to_uint8(images.nan_to_num(nan=-1.0))
