"""Read translated images without torch: those of the test split, and samples from during training."""

import re
from pathlib import Path

import numpy as np
from PIL import Image

from pixcycle.base.checksums import verified
from pixcycle.base.errors import UserError
from pixcycle.paths import SOURCE, fakes_folder
from pixcycle.records.manifest import Domain, read_manifest
from pixcycle.records.record import Record

SAMPLES = 5
"""Test images of each domain, evenly spaced, that are translated during training to show its progress."""


class Translations(Record):
    """translated.json: the run behind translations, and checksums of its final.safetensors and of the test images.

    Attributes
    ----------
    images_sha256
        SHA-256 of the pixels of the test images, by domain.
    """

    run: str
    fingerprint: str
    weights_sha256: str
    images_sha256: dict[Domain, str]


def translations_file(translated: Path) -> Path:
    return translated / "translated.json"


def sample_indices(images: int, chosen: int = SAMPLES) -> np.ndarray:
    """Return the indices of at most `chosen` evenly spaced images out of `images`, ascending."""
    return np.unique(np.linspace(0, images - 1, chosen).round().astype(int))


def read_png(path: Path) -> np.ndarray:
    """Read a PNG that a run wrote, uint8 (H, W, 3). Raise UserError, naming the file, if it is damaged or not RGB."""
    try:
        with Image.open(verified(path), formats=["PNG"]) as image:
            image.verify()  # the checksums, which decoding ignores
        with Image.open(path, formats=["PNG"]) as image:
            pixels = np.asarray(image)
    except (OSError, SyntaxError, ValueError) as error:
        raise UserError(f"{path}: is not a complete PNG ({error}); {_again(path)}") from None
    if pixels.dtype != np.uint8 or pixels.shape[2:] != (3,):
        raise UserError(f"{path}: is not an RGB image of 8 bits; {_again(path)}")
    return pixels


def read_fakes(translated: Path, direction: str, prepared: Path) -> np.ndarray:
    """Return the generated images in the order of the test split, uint8 (N, H, W, 3).

    Raises
    ------
    UserError
        If an image is missing, damaged or of another size than the first; the message names the files.
    """
    folder = fakes_folder(translated, direction)
    names = read_manifest(prepared).test[SOURCE[direction]].names
    files = [folder / f"{name}.png" for name in names]
    if missing := [file for file in files if not file.exists()]:
        raise UserError(f"{missing[0]} is missing ({len(missing)} of {len(files)} images are); {_again(missing[0])}")
    fakes = [read_png(file) for file in files]
    for file, fake in zip(files, fakes, strict=True):
        if fake.shape != fakes[0].shape:
            (h, w, _), (height, width, _) = fake.shape, fakes[0].shape
            raise UserError(f"{file} has {w}x{h} pixels, but {files[0]} has {width}x{height}; {_again(file)}")
    return np.stack(fakes)


def _again(image: Path) -> str:
    """Return how to make an image again: by removing the folder of the run or of its translations, which it is in."""
    node = next((folder for folder in image.parents if re.fullmatch(r".*-[0-9a-f]{8}", folder.name)), image.parent)
    return f"remove {node}, and run the same command again, to make it anew"
