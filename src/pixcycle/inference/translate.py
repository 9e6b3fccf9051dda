"""Translate images of any size with a trained generator; each output is a PNG of the size of its input."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.progress import track

from pixcycle.base.errors import UserError
from pixcycle.base.files import write_here
from pixcycle.base.progress import SECONDS_BETWEEN_LINES, duration
from pixcycle.base.user_output import new_output, write_new
from pixcycle.data.batches import to_tensor, to_uint8
from pixcycle.data.decode import decode
from pixcycle.data.intensities import stretched
from pixcycle.data.png import png_of
from pixcycle.data.prefetch import prefetched
from pixcycle.inference.generator import Trained
from pixcycle.inference.image_sizes import fitting, padded
from pixcycle.inference.output_paths import place_of_image, places_in_folder
from pixcycle.inference.test_split import at_inference
from pixcycle.machine import ranks

DECODERS = 2
"""Threads that read images, each at most two images ahead."""

UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""Transposition that turns an image upright, by its EXIF orientation; 1 is upright."""

Item = TypeVar("Item")


@dataclass
class Summary:
    """Summary of a translation.

    Attributes
    ----------
    translated
        Number of images translated.
    padded
        Number of those whose sizes the generator does not take.
    failed
        One line for each image that could not be translated.
    """

    translated: int = 0
    padded: int = 0
    failed: list[str] = field(default_factory=list)


def translate(trained: Trained, source: Path, out: Path, overwrite: bool = False) -> Summary:
    """Translate an image to the PNG `out`, or all images below a folder to the folder `out`, under their names.

    The output appears only once it is complete. Images of a folder that cannot be read, or are too large, are skipped
    and reported in the summary.

    Parameters
    ----------
    overwrite
        Replace an existing image; folders are never replaced.

    Raises
    ------
    UserError
        If no image could be translated, or if `place_of_image` or `places_in_folder` refuses the paths.
    """
    if source.is_file():
        place = place_of_image(source, out, overwrite)
        return _write(trained, {source: place}, partial(write_new, overwrite=overwrite))
    files = places_in_folder(source, out)
    with new_output(out) as work:
        return _write(trained, {path: work / place for path, place in files.items()}, write_here)


def _write(trained: Trained, files: dict[Path, Path], write: Callable[[Path, bytes], None]) -> Summary:
    summary = Summary()
    for path, image in _tracked(translations(trained, list(files)), len(files), f"translate {trained.words}"):
        if isinstance(image, UserError):
            summary.failed.append(str(image))
            continue
        write(files[path], png_of(image))
        summary.translated += 1
        summary.padded += any(side != fitting(side, *trained.sides) for side in image.shape[:2])
    if not summary.translated:
        raise UserError(summary.failed[0] + (f" (and {len(files) - 1} more)" if len(files) > 1 else ""))
    return summary


def translations(trained: Trained, files: list[Path]) -> Iterator[tuple[Path, np.ndarray | UserError]]:
    """Yield each file with its translation, uint8 (H, W, 3) of the same size, or with the error that prevented it.

    The generator runs in the mode of inference that its experiment has set, on stretched intensities if it was trained
    on such. Neighbours of the same size form a batch. No batch has more images or more pixels than one of the run's
    test images, so that it takes no more memory, unless a single image is larger.
    """
    e = trained.experiment
    fabric = ranks.fabric(e.precision)
    torch.manual_seed(trained.seed)
    generator = at_inference(e, trained.direction, trained.weights, fabric.device)

    def read(path: Path) -> np.ndarray | UserError:
        try:
            image = np.asarray(_upright(decode("--input", path)))
            return stretched(image) if e.intensities == "stretched" else image
        except UserError as error:
            return error

    decoded = zip(files, prefetched(read, files, DECODERS), strict=True)
    for shape, same_size in groupby(decoded, key=lambda pair: np.shape(pair[1])):
        if not shape:  # images that could not be read
            yield from same_size
            continue
        height, width, _ = shape
        pixels = fitting(height, *trained.sides) * fitting(width, *trained.sides)
        batch_size = max(1, min(e.inference_batch, e.inference_batch * e.crop_size**2 // pixels))
        while batch := list(islice(same_size, batch_size)):
            images = np.stack([padded(image, *trained.sides) for _, image in batch])
            try:
                with torch.inference_mode(), fabric.autocast():
                    outputs = generator(to_tensor(images, fabric.device))
                finite = outputs.isfinite().flatten(1).all(1).tolist()
                fakes = to_uint8(outputs)[:, :height, :width]
            except RuntimeError as error:
                if "memory" not in str(error):
                    raise
                yield from (
                    (path, UserError(f"{path}: {width}x{height} pixels are too many for the memory"))
                    for path, _ in batch
                )
                continue
            for (path, _), fake, is_finite in zip(batch, fakes, finite, strict=True):
                yield path, fake if is_finite else UserError(f"{path}: the generator outputs NaN or infinity")


def _upright(image: Image.Image) -> Image.Image:
    """Turn a photograph upright according to its EXIF orientation, which the PNG written from it will not have."""
    turn = UPRIGHT.get(image.info["orientation"])
    return image if turn is None else image.transpose(turn)


def _tracked(items: Iterable[Item], total: int, title: str) -> Iterator[Item]:
    """Yield the items and show progress: a bar on a terminal, elsewhere a line from time to time."""
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
