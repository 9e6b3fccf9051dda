"""Translated images, read without torch: those of the test split, and a training's samples of a few."""

from pathlib import Path

import numpy as np
from PIL import Image

from pixcycle.errors import UserError
from pixcycle.files import read_json
from pixcycle.translations import SOURCE, fakes_folder

SAMPLES = 5
"""Test images of each domain that are shown on the way, at even distances."""


def sample_indices(images: int, chosen: int = SAMPLES) -> np.ndarray:
    """Places of some of so many images, at even distances: (chosen,) at most, ascending."""
    return np.unique(np.linspace(0, images - 1, chosen).round().astype(int))


def samples_folder(run: Path, epoch: int) -> Path:
    """Where a run's folder keeps what a few test images were translated to after an epoch, counted from 1."""
    return run / "samples" / f"{epoch:04}"


def read_png(path: Path) -> np.ndarray:
    """One of our images, uint8 (H, W, 3). Raises UserError, naming the file, for what is not as it was written."""
    try:
        with Image.open(path, formats=["PNG"]) as image:
            image.verify()  # the checksums, at which decoding does not look
        with Image.open(path, formats=["PNG"]) as image:
            pixels = np.asarray(image)
    except (OSError, SyntaxError, ValueError) as error:
        raise UserError(f"{path}: is no whole PNG ({error}); remove the folder of its run, to make it again") from None
    if pixels.dtype != np.uint8 or pixels.shape[2:] != (3,):
        raise UserError(
            f"{path}: is no RGB image of 8 bits, as ours are; remove its run's folder, and it is made again"
        )
    return pixels


def read_fakes(translated: Path, direction: str, prepared: Path) -> np.ndarray:
    """The generated images in the order of the test split: uint8 (N, H, W, 3).

    Raises UserError, naming files, if any of them is missing, is damaged or has another size.
    """
    folder = fakes_folder(translated, direction)
    names = read_json(prepared / "manifest.json", "splits")["splits"]["test"][SOURCE[direction]]["names"]
    files = [folder / f"{name}.png" for name in names]
    again = f"remove {translated}, and it is made again"
    if missing := [file for file in files if not file.exists()]:
        raise UserError(f"{missing[0]} is missing, one of {len(missing)} of {len(files)} images; {again}")
    fakes = [read_png(file) for file in files]
    for file, fake in zip(files, fakes, strict=True):
        if fake.shape != fakes[0].shape:
            (h, w, _), (height, width, _) = fake.shape, fakes[0].shape
            raise UserError(f"{file} has {w}x{h} pixels, but {files[0]} {width}x{height}; {again}")
    return np.stack(fakes)
