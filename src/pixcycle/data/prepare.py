"""From image files to one uint8 array per split and domain, decoded and resized once."""

import hashlib
import io
from collections import Counter
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from rich.console import Console
from rich.progress import track

from pixcycle.data.ahead import made_ahead
from pixcycle.data.card import Facts, card, facts
from pixcycle.data.layouts import Item, images
from pixcycle.files import finished_folder, write_json
from pixcycle.room import room_for
from pixcycle.scalars import Positive, Preprocess, Resize
from pixcycle.schema import Closed, Dataset

RESAMPLING = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}


class PrepareSpec(Closed):
    """The sizes that runs need of a dataset; the fields mean what they mean in an experiment and a scale."""

    load_size: Positive
    crop_size: Positive
    preprocess: Preprocess
    resize: Resize
    train_images: Positive | None = None
    test_images: Positive | None = None


def prepare(name: str, dataset: Dataset, raw: Path, out: Path, spec: PrepareSpec, threads: int = 1) -> None:
    """Make the folder `out` with {train,test}_{A,B}.npy, uint8 (N, S, S, 3), RGB, and manifest.json.

    S is load_size for train, from which crops are drawn at random, and crop_size for test.
    name: the dataset's key, for people. raw: the folder that fetch made. threads: what decodes and resizes; the
    result is the same with any number. Of each of them at most three images are in memory.
    Raises UserError, naming dataset and file, for an image that cannot be read.
    """
    found: Counter[str] = Counter()
    seen: list[Facts] = []
    splits: dict[str, dict[str, Any]] = {}
    with finished_folder(out) as work:
        for split, limit in (("train", spec.train_images), ("test", spec.test_images)):
            splits[split] = {}
            for domain, items in images(dataset, raw, split).items():
                found |= Counter(item.folder for item in items)
                looks, sha256 = _write_array(name, work, split, domain, items[:limit], spec, threads)
                seen += looks
                splits[split][domain] = {
                    "n": len(looks),
                    "names": [look.name for look in looks],
                    "sizes": [look.size for look in looks],
                    "file_types": sorted({look.file_type for look in looks if look.file_type}),
                    "sha256": sha256,
                }
        counts = {f: {"found": n, "published": dataset.published.get(f)} for f, n in found.items()}
        manifest = {
            "dataset": name,
            "title": dataset.title,
            "paired": dataset.paired,
            "domains": dataset.domains,
            "spec": spec.model_dump(),
            "splits": splits,
            "counts": counts,
            "card": card(seen, counts),
        }
        write_json(work / "manifest.json", manifest)


def _write_array(
    name: str, folder: Path, split: str, domain: str, items: list[Item], spec: PrepareSpec, threads: int
) -> tuple[list[Facts], str]:
    """Stream the images into one .npy file; returns what was seen, and the sha256 of the array's bytes.

    Not through a memory map: its pages would count as the process's memory, and a full disk would kill it.
    """
    side = spec.load_size if split == "train" else spec.crop_size
    header, shape = io.BytesIO(), (len(items), side, side, 3)
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": shape})
    bar = f"prepare {name}: {split} {domain}, {len(items)} images"
    looks, digest = [], hashlib.sha256()

    def look_and_fit(item: Item) -> tuple[Facts, bytes]:
        image = item.open()
        return facts(image, split, domain, item.name), fit(image, split, spec).tobytes()

    path = folder / f"{split}_{domain}.npy"
    with room_for(path, len(header.getvalue()) + prod(shape)), path.open("wb") as file:
        file.write(header.getvalue())
        made = made_ahead(look_and_fit, items, threads)
        for look, pixels in track(made, bar, total=len(items), console=Console(stderr=True)):
            looks.append(look)
            digest.update(pixels)
            file.write(pixels)
    return looks, digest.hexdigest()


def fit(image: Image.Image, split: str, spec: PrepareSpec) -> Image.Image:
    """The image at the size of its split's array; bilinear and bicubic are antialiased.

    train: load_size. test: with `jitter` the whole image at crop_size; with `crop` its centre at load_size.
    """
    if split == "test" and spec.preprocess == "jitter":
        return _resized(image, spec.crop_size, spec.resize)
    loaded = _resized(image, spec.load_size, spec.resize)
    if split == "train":
        return loaded
    first = (spec.load_size - spec.crop_size) // 2
    return loaded.crop((first, first, first + spec.crop_size, first + spec.crop_size))


def _resized(image: Image.Image, side: int, method: str) -> Image.Image:
    return image if image.size == (side, side) else image.resize((side, side), RESAMPLING[method])
