"""From a fetched dataset's folder to its images, in the order in which they are trained on and evaluated."""

import functools
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from pixcycle.config import Dataset
from pixcycle.data import earth
from pixcycle.errors import UserError
from pixcycle.files import read_json

SUFFIXES = {".jpg", ".jpeg", ".png"}
WRAPPERS = 2
"""A split's folder may lie in so many folders below the root."""


@dataclass(frozen=True)
class Item:
    """One image of one domain."""

    folder: str
    """The distributed folder that counts it: `val`, or `trainA`."""
    name: str
    """Distributed split and file name without its ending: `val/8`. Equal for the two images of a pair."""
    open: Callable[[], Image.Image]
    """The RGB image at its own size. Raises UserError, naming dataset and file, if it cannot be read."""


def images(dataset: Dataset, raw: Path, split: str) -> dict[str, list[Item]]:
    """The images of a split (train or test) of both domains, {"A": [...], "B": [...]}.

    The distributed splits come in the order of dataset.splits, files in natural order (8 before 10).
    raw: the folder that fetch made. Raises UserError if it does not look as dataset.layout says.
    """
    fetched = _fetched(raw)
    name, roots = fetched["dataset"], [raw / source["root"] for source in fetched["sources"]]
    read = {"side_by_side": _side_by_side, "domain_folders": _domain_folders, "earth": _earth}[dataset.layout]
    found: dict[str, list[Item]] = {"A": [], "B": []}
    for part in dataset.splits.get(split, []):
        for domain, items in read(name, dataset, roots, part).items():
            found[domain] += items
    if not found["A"] or not found["B"]:
        raise UserError(f"{name}: no images for {split}; name its folders in datasets.{name}.splits.{split}")
    return found


def _fetched(raw: Path) -> dict[str, Any]:
    try:
        return read_json(raw / "fetched.json")
    except FileNotFoundError:
        raise UserError(f"{raw} is not a fetched dataset (it has no fetched.json); fetch it first") from None


def _side_by_side(name: str, dataset: Dataset, roots: list[Path], part: str) -> dict[str, list[Item]]:
    files = _files(name, roots, part)

    def half(path: Path, side: int) -> Image.Image:
        whole = decode(name, path)
        width, height = whole.size
        if width % 2 or height % 2:
            raise UserError(f"{name}: {path} is {width}x{height}; two images side by side have even sizes")
        return whole.crop((side * width // 2, 0, (side + 1) * width // 2, height))

    return {
        domain: [Item(part, f"{part}/{f.stem}", functools.partial(half, f, side)) for f in files]
        for side, domain in enumerate("AB")
    }


def _domain_folders(name: str, dataset: Dataset, roots: list[Path], part: str) -> dict[str, list[Item]]:
    items = {
        domain: [
            Item(f"{part}{domain}", f"{part}/{f.stem}", functools.partial(decode, name, f))
            for f in _files(name, roots, f"{part}{domain}")
        ]
        for domain in "AB"
    }
    names = [{item.name for item in items[domain]} for domain in "AB"]
    if dataset.paired and names[0] != names[1]:
        alone = sorted(names[0] ^ names[1], key=_natural)
        raise UserError(
            f"{name}: {part}A and {part}B must hold the same file names, as the dataset is paired;"
            f" {len(alone)} have no partner: {', '.join(alone[:5])}{', ...' if alone[5:] else ''}"
        )
    return items


def _earth(name: str, dataset: Dataset, roots: list[Path], part: str) -> dict[str, list[Item]]:
    if dataset.domains not in (("photo", "relief"), ("photo", "classes")):
        raise UserError(
            f"{name}: the domains of an earth layout are [photo, relief] or [photo, classes],"
            f" not [{', '.join(dataset.domains)}]"
        )
    if len(roots) != 2:
        raise UserError(f"{name}: an earth layout has 2 sources, photo and relief, not {len(roots)}")
    photo, relief = (decode(name, root) for root in roots)
    tiles = earth.tiles(photo, relief, part)
    draw = relief.crop if dataset.domains[1] == "relief" else functools.partial(earth.label_map, relief)
    return {
        "A": [Item(part, tile.name, functools.partial(photo.crop, tile.box)) for tile in tiles],
        "B": [Item(part, tile.name, functools.partial(draw, tile.box)) for tile in tiles],
    }


def decode(dataset: str, path: Path) -> Image.Image:
    """The file as an RGB image; grey, palette and CMYK are converted, transparency is dropped.

    Raises UserError, naming dataset and file, for what is no whole image of 8 bits a channel.
    """
    try:
        with Image.open(path) as image:
            if image.mode.startswith("I") or image.mode == "F":
                raise UserError(f"{dataset}: {path} has more than 8 bits a channel; convert it to 8 bits")
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UserError(f"{dataset}: cannot read the image {path}: {error}") from None


def _files(name: str, roots: list[Path], folder: str) -> list[Path]:
    """The image files of the one folder of that name, in natural order."""
    below = {f: len(f.relative_to(root).parts) for root in roots for f in _folders(root)}
    named = [f for f in below if f.name == folder]
    nearest = [f for f in named if below[f] == min(below[other] for other in named)]
    if not nearest:
        shown = sorted({f.name for f in below}, key=_natural)[:20]
        raise UserError(
            f"{name}: no folder '{folder}' in {' or '.join(map(str, roots))};"
            f" folders there: {', '.join(shown) or 'none'}"
        )
    if len(nearest) > 1:
        raise UserError(f"{name}: which '{folder}' is it? Found {' and '.join(map(str, nearest))}")
    files = [f for f in nearest[0].iterdir() if f.suffix.lower() in SUFFIXES and not f.name.startswith(".")]
    files.sort(key=lambda f: (_natural(f.stem), f.stem))
    if not files:
        raise UserError(f"{name}: {nearest[0]} holds no .jpg, .jpeg or .png")
    for one, other in itertools.pairwise(files):
        if one.stem == other.stem:
            raise UserError(f"{name}: {one} and {other} would be the same image; keep one of them")
    return files


def _folders(root: Path, depth: int = WRAPPERS) -> Iterator[Path]:
    """All folders so deep below the root, without those that archivers and systems leave behind."""
    if root.is_dir():
        for child in sorted(root.iterdir()):
            if child.is_dir() and not child.name.startswith((".", "__MACOSX")):
                yield child
                if depth:
                    yield from _folders(child, depth - 1)


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort key in which numbers count as numbers: img8 < img10 < img10b."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]
