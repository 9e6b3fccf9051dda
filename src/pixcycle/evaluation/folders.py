"""Metrics of any two folders of images."""

import os
from collections.abc import Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from pixcycle.base.errors import UserError
from pixcycle.data.decode import decode, file_type, folders_below, image_files
from pixcycle.data.prefetch import prefetched
from pixcycle.evaluation.features import Extractor, extract, load_extractor
from pixcycle.machine import ranks
from pixcycle.metrics.feature_sets import Features
from pixcycle.metrics.metric import Images
from pixcycle.metrics.registry import measure

NEIGHBOURS, SEED = 3, 0


def compare_folders(
    real: Path, fake: Path, extractor: str, weights: Path | None, batch_size: int, mixed_file_types: bool
) -> dict[str, Any]:
    """Compute FID, KID, precision and recall of the .png, .jpg and .jpeg files in two folders and their subfolders.

    Images may have any size, as the extractor resizes each to its input. Hidden files and folders are left out.

    Parameters
    ----------
    extractor, weights
        As for `load_extractor`.
    mixed_file_types
        Allow PNG and JPEG to be compared, although metrics count what JPEG does to an image as a difference.

    Returns
    -------
    The metrics, and the extractor and settings that they were computed with.

    Raises
    ------
    UserError
        If a folder holds too few images or one that cannot be read, or if file types differ but may not.
    """
    files = {name: _enough_images(name, folder) for name, folder in (("real", real), ("generated", fake))}
    kinds = {name: {file_type(name, path): path for path in files[name]} for name in files}
    example = kinds["real"] | kinds["generated"]
    if len(example) > 1 and not mixed_file_types:
        (one, of_one), (other, of_other), *_ = example.items()
        raise UserError(
            f"{of_one} is a {one} and {of_other} a {other}, a difference that changes metrics;"
            " save all images in the same format, or pass --mixed-file-types"
        )
    network, device = load_extractor(extractor, weights), ranks.fabric().device
    sets = {}
    for name, folder in (("real", real), ("generated", fake)):
        vectors = np.concatenate(list(_features(network, name, files[name], batch_size, device)))
        sets[name] = Features.of(vectors, str(folder), network.spec, kinds[name])
    return {
        **measure(
            Images(SEED, NEIGHBOURS, fake_features=sets["generated"], real_features=sets["real"]), mixed_file_types
        ),
        "extractor": network.spec.name,
        "resize": network.spec.resize,
        "comparable": network.spec.comparable,
        "file_types": {name: features.file_types for name, features in sets.items()},
        "neighbours": NEIGHBOURS,
        "seed": SEED,
    }


def _enough_images(name: str, folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder")
    files = sorted(path for at in folders_below(folder) for path in image_files(name, at) if not path.is_dir())
    if len(files) <= NEIGHBOURS:
        raise UserError(f"{folder} holds {len(files)} .png, .jpg or .jpeg files; at least {NEIGHBOURS + 1} are needed")
    return files


def _features(network: Extractor, name: str, files: list[Path], batch_size: int, device: Any) -> Iterator[np.ndarray]:
    """Yield the features of one batch of equally large neighbours after another, while threads decode the next."""
    images = prefetched(lambda path: np.asarray(decode(name, path)), files, os.cpu_count() or 1)
    tracked = track(images, f"{name} images", total=len(files), console=Console(stderr=True))
    for _, same_size in groupby(tracked, key=np.shape):
        while batch := list(islice(same_size, batch_size)):
            yield extract(network, np.stack(batch), batch_size, device)
