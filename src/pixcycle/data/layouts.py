"""From a fetched dataset's folder to its images, in the order in which they are trained on and evaluated."""

import functools
import itertools
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from pixcycle.data import cityscapes, earth
from pixcycle.data.decode import decode, image_files
from pixcycle.errors import UserError
from pixcycle.files import read_json
from pixcycle.schema import Dataset

WRAPPERS = 2
"""A split's folder, or that of a domain, may lie in so many folders below the root."""
PLACES = {"side_by_side": [["{}"]], "domain_folders": [["{}A", "A/{}"], ["{}B", "B/{}"]]}
"""The folder of a split, or those of its two domains; each with what else it may be called."""


@dataclass(frozen=True)
class Item:
    """One image of one domain."""

    folder: str
    """The distributed folder that counts it: `val`, or `trainA`."""
    name: str
    """Distributed split and file name without its ending: `val/8`. Equal for the two images of a pair.

    In Unicode's composed form, as systems disagree about it: an é of macOS and one of Linux are one name.
    """
    open: Callable[[], Image.Image]
    """The RGB image at its own size. Raises UserError, naming dataset and file, if it cannot be read."""


def images(dataset: Dataset, raw: Path, split: str) -> dict[str, list[Item]]:
    """The images of a split (train or test) of both domains, {"A": [...], "B": [...]}.

    The distributed splits come in the order of dataset.splits, files in natural order (8 before 10).
    raw: the folder that fetch made. Raises UserError if it does not look as dataset.layout says.
    """
    fetched = _fetched(raw)
    name, roots = fetched["dataset"], [raw / source["root"] for source in fetched["sources"]]
    read = {
        "side_by_side": _side_by_side,
        "domain_folders": _domain_folders,
        "cityscapes": _cityscapes,
        "earth": _earth,
    }[dataset.layout]
    found: dict[str, list[Item]] = {"A": [], "B": []}
    for part in dataset.splits.get(split, []):
        for domain, items in read(name, dataset, roots, part).items():
            found[domain] += items
    if not found["A"] or not found["B"]:
        raise UserError(f"{name}: no images for {split}; name its folders in datasets.{name}.splits.{split}")
    for item in found["A"] + found["B"]:
        if re.search("[\ud800-\udfff]", item.name):  # how Python holds other bytes; neither JSON nor a page can
            raise UserError(f"{name}: the name of the image {item.name} ({item.folder}) is not UTF-8; rename the file")
    return found


def _fetched(raw: Path) -> dict[str, Any]:
    try:
        return read_json(raw / "fetched.json", "dataset", "sources")
    except FileNotFoundError:
        raise UserError(f"{raw} is not a fetched dataset (it has no fetched.json); fetch it first") from None


def _side_by_side(name: str, dataset: Dataset, roots: list[Path], part: str) -> dict[str, list[Item]]:
    [folder] = _split_folders(name, dataset.layout, roots, part)
    files = _files(name, folder)

    def half(path: Path, side: int) -> Image.Image:
        whole = decode(name, path)
        width, height = whole.size
        if width % 2 or height % 2:
            raise UserError(f"{name}: {path} is {width}x{height}; two images side by side have even sizes")
        return whole.crop((side * width // 2, 0, (side + 1) * width // 2, height))

    return {
        domain: [Item(part, f"{part}/{_stem(f)}", functools.partial(half, f, side)) for f in files]
        for side, domain in enumerate("AB")
    }


def _domain_folders(name: str, dataset: Dataset, roots: list[Path], part: str) -> dict[str, list[Item]]:
    """Pairs are matched by name; where one of them is named 12_A and the other 12_B, both are 12."""
    folders = dict(zip("AB", _split_folders(name, dataset.layout, roots, part), strict=True))
    files = {domain: _files(name, folder) for domain, folder in folders.items()}
    lettered = dataset.paired and all(_stem(f).endswith(f"_{domain}") for domain in "AB" for f in files[domain])
    items = {}
    for domain in "AB":
        letter = f"_{domain}" if lettered else ""
        items[domain] = [
            Item(f"{part}{domain}", f"{part}/{_stem(f).removesuffix(letter)}", functools.partial(decode, name, f))
            for f in files[domain]
        ]
        items[domain].sort(key=lambda item: _natural(item.name))
    names = [{item.name for item in items[domain]} for domain in "AB"]
    if dataset.paired and names[0] != names[1]:
        alone = sorted(names[0] ^ names[1], key=_natural)
        raise UserError(
            f"{name}: {part}A and {part}B must hold the same file names, as the dataset is paired;"
            f" {len(alone)} have no partner: {', '.join(alone[:5])}{', ...' if alone[5:] else ''}"
        )
    return items


def _cityscapes(name: str, dataset: Dataset, roots: list[Path], part: str) -> dict[str, list[Item]]:
    def half(path: Path, domain: str) -> Image.Image:
        return decode(name, path).resize((cityscapes.SIDE, cityscapes.SIDE), cityscapes.REDUCED_BY[domain])

    return {
        domain: [
            Item(part, f"{part}/{frame}", functools.partial(half, files[frame], domain))
            for frame in sorted(files, key=_natural)
        ]
        for domain, files in cityscapes.frames(name, roots, part).items()
    }


def _earth(name: str, dataset: Dataset, roots: list[Path], part: str) -> dict[str, list[Item]]:
    """Unpaired: A has the even and B the odd tiles, so that however few are taken, none has its partner in the data."""
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
    of_a, of_b = (tiles, tiles) if dataset.paired else (tiles[::2], tiles[1::2])
    return {
        "A": [Item(part, tile.name, functools.partial(photo.crop, tile.box)) for tile in of_a],
        "B": [Item(part, tile.name, functools.partial(draw, tile.box)) for tile in of_b],
    }


def _split_folders(name: str, layout: str, roots: list[Path], part: str) -> list[Path]:
    """The folder, or one for each domain, in which a layout has a split; nearest to the root, in any case of letters.

    Raises UserError if there is none or several, or if they are those of the other layout.
    """
    below = {f: f"/{f.relative_to(root).as_posix()}" for root in roots for f in _folders(root)}

    def nearest(places: list[str]) -> list[Path]:
        endings = tuple(f"/{place.format(part)}".lower() for place in places)
        depth = {f: path.count("/") for f, path in below.items() if path.lower().endswith(endings)}
        return [f for f in depth if depth[f] == min(depth.values())]

    found = {each: [nearest(places) for places in domains] for each, domains in PLACES.items()}
    single = {each: [len(folders) == 1 for folders in found[each]] for each in PLACES}
    for other in PLACES:
        if all(single[other]) and not any(single[layout]):
            there = " and ".join(str(folder) for [folder] in found[other])
            raise UserError(f"{name}: datasets.{name}.layout is {layout}; write {other} to read {there}")
    for folders, places in zip(found[layout], PLACES[layout], strict=True):
        wanted = " or ".join(f"'{place.format(part)}'" for place in places)
        if not folders:
            shown = sorted({f.name for f in below}, key=_natural)[:20]
            raise UserError(
                f"{name}: no folder {wanted} in {' or '.join(map(str, roots))};"
                f" folders there: {', '.join(shown) or 'none'}"
            )
        if len(folders) > 1:
            raise UserError(f"{name}: which {wanted} is it? Found {' and '.join(map(str, folders))}")
    return [folder for [folder] in found[layout]]


def _files(name: str, folder: Path) -> list[Path]:
    """The image files of a folder, in natural order."""
    files = sorted(image_files(name, folder), key=lambda f: (_natural(_stem(f)), _stem(f), f.name))
    if not files:
        raise UserError(f"{name}: {folder} holds no .jpg, .jpeg or .png")
    for one, other in itertools.pairwise(files):
        if _stem(one) == _stem(other):
            raise UserError(f"{name}: {one} and {other} would be the same image; keep one of them")
    return files


def _stem(path: Path) -> str:
    return unicodedata.normalize("NFC", path.stem)


def _folders(root: Path, depth: int = WRAPPERS + 1) -> Iterator[Path]:
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
