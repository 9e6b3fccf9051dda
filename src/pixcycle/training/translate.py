"""Test images through a trained generator, as PNG: all of them once it is trained, a few of them on the way."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pixcycle.data.batches import test_images, to_tensor, to_uint8
from pixcycle.data.png import png_of
from pixcycle.engine import ranks
from pixcycle.engine.fabric import Fabric
from pixcycle.errors import UserError
from pixcycle.files import finished_folder, write_here
from pixcycle.runs import Run
from pixcycle.schema import Experiment
from pixcycle.training import checkpoint
from pixcycle.training.networks import generator_of
from pixcycle.training.translated import sample_indices
from pixcycle.translations import BACK, SOURCE, cycled_folder, fakes_folder


def translate(run: Run, trained: Path, prepared: Path, out: Path) -> None:
    """Write `fake_B/NAME.png` (from A) and `fake_A/NAME.png` (from B), for the directions that the run has.

    CycleGAN also leaves what comes back of the scored direction's inputs, F(G(x)), as `cycle_A` or `cycle_B`.
    Raises UserError if a generator answers with what is no number, but for a run that is recorded as collapsed.
    """
    e = run.config
    with finished_folder(out) as work:
        fabric = ranks.fabric(e.precision)
        torch.manual_seed(run.seed)
        generators = {
            direction: at_inference(e, checkpoint.load_generator(trained, name, e), fabric.device)
            for direction, name in generator_names(e).items()
        }
        collapsed = checkpoint.is_collapsed(trained)

        def answered(generator: nn.Module, images: Tensor, direction: str, first: str) -> Tensor:
            made = _through(generator, images, fabric)
            if not collapsed and not made.isfinite().all():
                raise UserError(
                    f"{run.key}: its generator of {direction} answers {first} or one of the next images with NaN"
                    f" or infinity, but is not recorded as collapsed; remove {trained}, and it is trained again"
                )
            return made

        for direction, generator in generators.items():
            back = generators.get(BACK[direction]) if direction == e.direction else None
            images, names = test_inputs(prepared, direction)
            for start in range(0, len(images), e.inference_batch):
                batch, there = images[start : start + e.inference_batch], names[start : start + e.inference_batch]
                shown = to_tensor(np.ascontiguousarray(batch), fabric.device)
                fakes = answered(generator, shown, direction, there[0])
                _save(fakes_folder(work, direction), there, fakes)
                if back:
                    cycled = answered(back, fakes, BACK[direction], there[0])
                    _save(cycled_folder(work, direction), there, cycled)


def sample(e: Experiment, nets: Any, prepared: Path, fabric: Fabric, folder: Path) -> dict[str, np.ndarray]:
    """Write the translations of a few fixed test images without dropout and with running statistics; by direction.

    nets: the networks as they are now; neither they nor the random numbers of the training are touched. The settings
    of inference play no part, as they do not name the run's folder.
    """
    e = e.model_copy(update={"inference_dropout": False, "inference_norm": "running"})
    made = {}
    for direction, name in generator_names(e).items():
        images, names = test_inputs(prepared, direction)
        chosen = sample_indices(len(images))
        with torch.random.fork_rng(devices=[fabric.device] if fabric.device.type == "cuda" else []):
            generator = at_inference(e, nets[name].state_dict(), fabric.device)
            fakes = _through(generator, to_tensor(np.ascontiguousarray(images[chosen]), fabric.device), fabric)
        made[direction] = _pixels(fakes)
        _save(fakes_folder(folder, direction), [names[i] for i in chosen], fakes)
    return made


def test_inputs(prepared: Path, direction: str) -> tuple[np.ndarray, list[str]]:
    """The (N, H, W, 3) test images that a direction starts from, and their names."""
    a, b, names_a, names_b = test_images(prepared)
    return {"A": (a, names_a), "B": (b, names_b)}[SOURCE[direction]]


def generator_names(e: Experiment) -> dict[str, str]:
    """Direction -> the name of its generator in final.safetensors."""
    if e.method == "pix2pix":
        return {e.direction: "g"}
    return {"a_to_b": "g_ab", "b_to_a": "g_ba"}


def at_inference(e: Experiment, weights: dict[str, Tensor], device: torch.device | str = "cpu") -> nn.Module:
    """A generator with these weights, set as the experiment wants it at inference.

    inference_dropout keeps dropout on; inference_norm `batch` normalises with the test batch's own statistics, as
    the authors of pix2pix do (report 002, section 3.4).
    """
    generator = generator_of(e)
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
    """As `to_uint8`; black where they are no number, as a collapsed generator's are."""
    return to_uint8(images.nan_to_num(nan=-1.0))
