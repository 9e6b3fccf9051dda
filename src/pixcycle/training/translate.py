"""The test images through a trained generator, as PNG."""

from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from PIL import Image

from pixcycle.data.batches import test_images, to_tensor, to_uint8
from pixcycle.files import finished_folder, read_json
from pixcycle.runs import Run
from pixcycle.training import checkpoint
from pixcycle.training.networks import generator_of

SOURCE = {"a_to_b": "A", "b_to_a": "B"}
TARGET = {"a_to_b": "B", "b_to_a": "A"}


def translate(run: Run, trained: Path, prepared: Path, out: Path, batch_size: int = 16) -> None:
    """Write `fake_B/NAME.png` (from A) and `fake_A/NAME.png` (from B), for the directions that the run has.

    Dropout is off and batch norm uses its running statistics; nothing is augmented.
    """
    weights = {d: checkpoint.load_network(trained, name) for d, name in generator_names(run).items()}
    a, b, names_a, names_b = test_images(prepared)
    sources = {"a_to_b": (a, names_a), "b_to_a": (b, names_b)}
    fabric = Fabric(accelerator="auto", devices=1, precision=run.config.precision)
    with finished_folder(out) as work:
        for direction, state in weights.items():
            images, names = sources[direction]
            generator = _generator(run, state, fabric)
            for start in range(0, len(images), batch_size):
                batch = np.ascontiguousarray(images[start : start + batch_size])
                with torch.inference_mode():
                    fakes = to_uint8(generator(to_tensor(batch, fabric.device)))
                for name, fake in zip(names[start : start + batch_size], fakes, strict=True):
                    save_png(fakes_folder(work, direction) / f"{name}.png", fake)


def generator_names(run: Run) -> dict[str, str]:
    """Direction -> the name of its generator in final.safetensors."""
    if run.config.method == "pix2pix":
        return {run.config.direction: "g"}
    return {"a_to_b": "g_ab", "b_to_a": "g_ba"}


def fakes_folder(translated: Path, direction: str) -> Path:
    """Where the images that were generated in a direction lie: fake_A or fake_B, by the domain that they imitate."""
    return translated / f"fake_{TARGET[direction]}"


def save_png(path: Path, image: np.ndarray) -> None:
    """image: uint8 (H, W, 3)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)


def read_png(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def read_fakes(translated: Path, direction: str, prepared: Path) -> np.ndarray:
    """The generated images in the order of the test split: uint8 (N, H, W, 3)."""
    names = read_json(prepared / "manifest.json")["splits"]["test"][SOURCE[direction]]["names"]
    return np.stack([read_png(fakes_folder(translated, direction) / f"{name}.png") for name in names])


def _generator(run: Run, state: dict[str, torch.Tensor], fabric: Fabric):
    generator = generator_of(run.config)
    generator.load_state_dict(state)
    return fabric.setup_module(generator.to(memory_format=torch.channels_last)).eval()
