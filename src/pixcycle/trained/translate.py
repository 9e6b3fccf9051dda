"""Images of any size through a trained generator: each comes back at its own size, as a PNG."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.progress import track

from pixcycle.data.ahead import made_ahead
from pixcycle.data.batches import to_tensor, to_uint8
from pixcycle.data.decode import decode
from pixcycle.data.png import png_of
from pixcycle.engine import ranks
from pixcycle.errors import UserError
from pixcycle.files import finished_folder, write_bytes, write_here
from pixcycle.trained.generator import Trained
from pixcycle.trained.places import place_of_image, places_in_folder
from pixcycle.trained.sides import fitting, padded
from pixcycle.training.progress import SECONDS_BETWEEN_LINES, duration
from pixcycle.training.translate import at_inference

DECODERS = 2
"""Threads that read images; each is at most two images ahead."""

UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By EXIF's orientation, 1 for upright."""

Item = TypeVar("Item")


@dataclass
class Told:
    """How a translation went. padded: images of sizes that the generator does not take. failed: a line for each."""

    translated: int = 0
    padded: int = 0
    failed: list[str] = field(default_factory=list)


def translate(trained: Trained, source: Path, out: Path) -> Told:
    """Translate an image into the PNG `out`, or all images below a folder into the folder `out`, under their names.

    What is made appears whole. An image of a folder that cannot be read, or is too large, is left out and told.
    Raises UserError for an image alone of which that holds, where `places` does, and if no image is left.
    """
    if source.is_file():
        return _write(trained, {source: place_of_image(source, out)}, write_bytes)
    files = places_in_folder(source, out)
    with finished_folder(out) as work:
        return _write(trained, {path: work / place for path, place in files.items()}, write_here)


def _write(trained: Trained, files: dict[Path, Path], write: Callable[[Path, bytes], None]) -> Told:
    told = Told()
    for path, image in _shown(translations(trained, list(files)), len(files), f"translate {trained.direction}"):
        if isinstance(image, UserError):
            told.failed.append(str(image))
            continue
        write(files[path], png_of(image))
        told.translated += 1
        told.padded += any(side != fitting(side, *trained.sides) for side in image.shape[:2])
    if not told.translated:
        raise UserError(told.failed[0] + (f" (and {len(files) - 1} more)" if len(files) > 1 else ""))
    return told


def translations(trained: Trained, files: list[Path]) -> Iterator[tuple[Path, np.ndarray | UserError]]:
    """Each file with its translation, uint8 (H, W, 3) of the same size, or with why there is none.

    Set at inference as in its training. Neighbours of one size go together, as many as of the run's test images, never
    with more pixels than those: it takes no more memory than these did, except for a single image that is larger.
    """
    e = trained.experiment
    fabric = ranks.fabric(e.precision)
    torch.manual_seed(trained.seed)
    generator = at_inference(e, trained.weights, fabric.device)

    def read(path: Path) -> np.ndarray | UserError:
        try:
            return np.asarray(_upright(decode("--input", path)))
        except UserError as error:
            return error

    decoded = zip(files, made_ahead(read, files, DECODERS), strict=True)
    for shape, alike in groupby(decoded, key=lambda pair: np.shape(pair[1])):
        if not shape:  # of what could not be read
            yield from alike
            continue
        height, width, _ = shape
        pixels = fitting(height, *trained.sides) * fitting(width, *trained.sides)
        together = max(1, min(e.inference_batch, e.inference_batch * e.crop_size**2 // pixels))
        while batch := list(islice(alike, together)):
            images = np.stack([padded(image, *trained.sides) for _, image in batch])
            try:
                with torch.inference_mode(), fabric.autocast():
                    made = generator(to_tensor(images, fabric.device))
                finite = made.isfinite().flatten(1).all(1).tolist()
                fakes = to_uint8(made)[:, :height, :width]
            except RuntimeError as error:
                if "memory" not in str(error):
                    raise
                yield from (
                    (path, UserError(f"{path}: {width}x{height} is too large for the memory")) for path, _ in batch
                )
                continue
            for (path, _), fake, is_finite in zip(batch, fakes, finite, strict=True):
                yield path, fake if is_finite else UserError(f"{path}: the generator answers with NaN or infinity")


def _upright(image: Image.Image) -> Image.Image:
    """A photograph as its camera was held, which its EXIF says; the PNG that is made says nothing of it."""
    turn = UPRIGHT.get(image.info["orientation"])
    return image if turn is None else image.transpose(turn)


def _shown(items: Iterable[Item], total: int, title: str) -> Iterator[Item]:
    """The items, with a bar on a terminal, and elsewhere with a line now and then."""
    if sys.stderr.isatty():
        yield from track(items, title, total, console=Console(stderr=True))
        return
    began = last = time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if now - last >= SECONDS_BETWEEN_LINES:
            last, rate = now, done / (now - began)
            left = duration((total - done) / rate)
            print(f"{title}: {done}/{total} images, {rate:.1f} images/s, {left} left", file=sys.stderr, flush=True)
