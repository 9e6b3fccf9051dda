"""The metrics of any two folders of images."""

import os
from collections.abc import Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from pixcycle.data.ahead import made_ahead
from pixcycle.data.decode import decode, file_type, image_files
from pixcycle.engine import ranks
from pixcycle.errors import UserError
from pixcycle.metrics.compared import Features
from pixcycle.metrics.evaluate import compare_features
from pixcycle.metrics.features import Extractor, extract, load_extractor

NEIGHBOURS, SEED = 3, 0


def compare_folders(
    real: Path, fake: Path, extractor: str, weights: Path | None, batch_size: int, mixed_file_types: bool
) -> dict[str, Any]:
    """FID, KID, precision and recall of the .png, .jpg and .jpeg in two folders, and what they were measured on.

    Images may have any sizes, as the extractor resizes each to its own input. Those below subfolders do not count.
    extractor, weights: as of load_extractor.
    Raises UserError if a folder holds too few images or one that cannot be read, or if file types are mixed: what
    JPEG does to an image counts as a difference.
    """
    files = {name: _enough(name, folder) for name, folder in (("real", real), ("generated", fake))}
    kinds = {name: {file_type(name, path): path for path in files[name]} for name in files}
    example = kinds["real"] | kinds["generated"]
    if len(example) > 1 and not mixed_file_types:
        (one, of_one), (other, of_other), *_ = example.items()
        raise UserError(
            f"{of_one} is a {one} and {of_other} a {other}, a difference that metrics notice;"
            " save all images alike, or allow it by --mixed-file-types"
        )
    network, device = load_extractor(extractor, weights), ranks.fabric().device
    sets = {}
    for name, folder in (("real", real), ("generated", fake)):
        vectors = np.concatenate(list(_features(network, name, files[name], batch_size, device)))
        sets[name] = Features.of(vectors, str(folder), network.spec, kinds[name])
    return {
        **compare_features(sets["real"], sets["generated"], SEED, NEIGHBOURS, mixed_file_types),
        "extractor": network.spec.name,
        "resize": network.spec.resize,
        "comparable": network.spec.comparable,
        "file_types": {name: each.file_types for name, each in sets.items()},
        "neighbours": NEIGHBOURS,
        "seed": SEED,
    }


def _enough(name: str, folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder")
    files = sorted(image_files(name, folder))
    if len(files) <= NEIGHBOURS:
        raise UserError(f"{folder} holds {len(files)} .png, .jpg and .jpeg; at least {NEIGHBOURS + 1} are needed")
    return files


def _features(network: Extractor, name: str, files: list[Path], batch_size: int, device: Any) -> Iterator[np.ndarray]:
    """Of one batch after another, while threads decode the next; images of other sizes than their neighbours apart."""
    images = made_ahead(lambda path: np.asarray(decode(name, path)), files, os.cpu_count() or 1)
    shown = track(images, f"{name} images", total=len(files), console=Console(stderr=True))
    for _, alike in groupby(shown, key=np.shape):
        while batch := list(islice(alike, batch_size)):
            yield extract(network, np.stack(batch), batch_size, device)
