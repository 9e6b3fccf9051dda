"""Decode and resize image files once, into one uint8 array per split and domain."""

import hashlib
import io
from collections import Counter
from collections.abc import Callable
from math import prod
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.progress import track

from pixcycle.base.checksums import write_checksums
from pixcycle.base.disk_full import room_for
from pixcycle.base.files import finished_folder
from pixcycle.data.card import Facts, card, count, facts
from pixcycle.data.intensities import stretched
from pixcycle.data.layouts.images import images
from pixcycle.data.layouts.layout import Item
from pixcycle.data.prefetch import prefetched
from pixcycle.data.resize import resized
from pixcycle.params.dataset import Dataset
from pixcycle.records.manifest import Images, Manifest, PrepareSpec, manifest_file


def prepare(
    name: str,
    dataset: Dataset,
    raw: Path,
    out: Path,
    spec: PrepareSpec,
    threads: int = 1,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Write the folder `out` with {train,test}_{A,B}.npy, uint8 (N, S, S, 3), RGB, and manifest.json.

    S is load_size for train, from which crops are drawn at random, and crop_size for test.

    Parameters
    ----------
    name
        Key of the dataset, for messages and the manifest.
    raw
        The folder that `fetch` wrote.
    threads
        Threads that decode and resize, each with at most three images in memory. The result does not depend on it.
    check
        Called when all images have been read. If it raises UserError, nothing is written.

    Raises
    ------
    UserError
        For an image that cannot be read. Names dataset and file.
    """
    available: Counter[str] = Counter()
    seen: list[Facts] = []
    splits: dict[str, dict[str, Images]] = {}
    with finished_folder(out) as work:
        for split, limit in (("train", spec.train_images), ("test", spec.test_images)):
            splits[split] = {}
            for domain, items in images(dataset, raw, split).items():
                available |= Counter(item.folder for item in items)
                written, sha256 = _write_array(name, work, split, domain, items[:limit], spec, threads)
                seen += written
                splits[split][domain] = Images(
                    n=len(written),
                    names=[image.name for image in written],
                    sizes=[image.size for image in written],
                    file_types=sorted({image.file_type for image in written if image.file_type}),
                    sha256=sha256,
                )
        check()
        counts = {folder: count(n, dataset.published.get(folder)) for folder, n in available.items()}
        manifest = Manifest(
            dataset=name,
            title=dataset.title,
            paired=dataset.paired,
            domains=dataset.domains,
            spec=spec,
            splits=splits,
            card=card(seen, counts),
        )
        manifest.write(manifest_file(work))
        write_checksums(work, manifest_file(work).name)


def _write_array(
    name: str, folder: Path, split: str, domain: str, items: list[Item], spec: PrepareSpec, threads: int
) -> tuple[list[Facts], str]:
    """Stream images into one .npy file; return the facts about them and the sha256 of the array's bytes.

    With a memory map, pages would count as memory of the process, and a full disk would kill it.
    """
    side = spec.load_size if split == "train" else spec.crop_size
    header, shape = io.BytesIO(), (len(items), side, side, 3)
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": shape})
    bar = f"prepare {name}: {split} {domain}, {len(items)} images"
    written, digest = [], hashlib.sha256()

    def inspect_and_fit(item: Item) -> tuple[Facts, bytes]:
        image = item.open()
        return facts(image, split, domain, item.name), fit(image, split, spec).tobytes()

    path = folder / f"{split}_{domain}.npy"
    with room_for(path, len(header.getvalue()) + prod(shape)), path.open("wb") as file:
        file.write(header.getvalue())
        results = prefetched(inspect_and_fit, items, threads)
        for image_facts, pixels in track(results, bar, total=len(items), console=Console(stderr=True)):
            written.append(image_facts)
            digest.update(pixels)
            file.write(pixels)
    return written, digest.hexdigest()


def fit(image: Image.Image, split: str, spec: PrepareSpec) -> Image.Image:
    """Resize an image to the size of its split's array, by way of first_size if that is set.

    Training images have load_size. Test images have crop_size: with ``jitter`` the whole image is resized to it,
    with ``crop`` it is the centre of the image at load_size. With ``stretched`` intensities, the whole resized image
    is stretched, before any crop.
    """
    if spec.first_size:
        image = resized(image, spec.first_size, spec.resize)
    whole_test = split == "test" and spec.preprocess == "jitter"
    loaded = resized(image, spec.crop_size if whole_test else spec.load_size, spec.resize)
    if spec.intensities == "stretched":
        loaded = Image.fromarray(stretched(np.asarray(loaded)))
    if split == "train" or whole_test:
        return loaded
    first = (spec.load_size - spec.crop_size) // 2
    return loaded.crop((first, first, first + spec.crop_size, first + spec.crop_size))
