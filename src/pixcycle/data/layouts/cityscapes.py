"""Cityscapes as its licence requires everyone to download it: photos in one archive, their labels in another."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from PIL import Image

from pixcycle.base.errors import UserError
from pixcycle.data.decode import decode
from pixcycle.data.fetch.digest import is_junk
from pixcycle.data.layouts.folders import natural
from pixcycle.data.layouts.layout import Item, Layout
from pixcycle.params.dataset import Dataset

ENDINGS = {"A": "_leftImg8bit.png", "B": "_gtFine_color.png"}
"""Endings of the file names of photos and of colour labels."""
ARCHIVES = {"A": "leftImg8bit_trainvaltest.zip", "B": "gtFine_trainvaltest.zip"}
SPLITS = ("train", "val")
"""Splits with labels; the archive has only blank labels for `test`."""
SIDE = 256
"""Width and height in pixels of each half of the pairs that the authors of pix2pix make from the frames."""
REDUCED_BY = {"A": Image.Resampling.BICUBIC, "B": Image.Resampling.NEAREST}
"""Resampling of each domain: photos are antialiased, labels keep their colours."""
DEPTH = 2
"""Maximum number of folders above a split: `leftImg8bit` or `gtFine`, and one more around it."""


def frames(name: str, roots: list[Path], split: str) -> dict[str, dict[str, Path]]:
    """Return the photos and colour labels of the same frames of a split, {"A": {CITY_SEQ_FRAME: file}, "B": ...}.

    Parameters
    ----------
    name
        Key of the dataset, for error messages.
    roots
        Folders to search, in any order: file names tell photos from labels.
    split
        ``train`` or ``val``.

    Raises
    ------
    UserError
        If the split is missing, or if some frames lack a photo or a label. Names the archives to download.
    """
    if split not in SPLITS:
        raise UserError(f"{name}: Cityscapes publishes no labels for a split '{split}'; known: {', '.join(SPLITS)}")
    by_domain = {domain: _of_domain(name, roots, split, domain) for domain in "AB"}
    for domain, other in (("A", "B"), ("B", "A")):
        if unmatched := sorted(by_domain[domain].keys() - by_domain[other].keys()):
            listed = ", ".join(unmatched[:5]) + (", ..." if unmatched[5:] else "")
            raise UserError(
                f"{name}: {len(unmatched)} frames of {split} have a *{ENDINGS[domain]},"
                f" but no *{ENDINGS[other]}: {listed}; download all of {' and '.join(ARCHIVES.values())}"
            )
    return by_domain


def _of_domain(name: str, roots: list[Path], split: str, domain: str) -> dict[str, Path]:
    ending = ENDINGS[domain]
    by_frame: dict[str, Path] = {}
    for file in _images(roots, split, ending):
        first = by_frame.setdefault(file.name.removesuffix(ending), file)
        if first != file:
            raise UserError(f"{name}: {first} and {file} would be the same image; keep one of them")
    if not by_frame:
        others = sorted({"/".join(file.parts[-4:-2]) for file in _images(roots, "*", ".png")})
        instead = f"; found only {', '.join(others)}" if others else ""
        where = " or ".join(map(str, roots))
        raise UserError(f"{name}: no {split}/CITY/*{ending} in {where}; it is part of {ARCHIVES[domain]}{instead}")
    return by_frame


def _images(roots: list[Path], split: str, ending: str) -> Iterator[Path]:
    for root in roots:
        for depth in range(DEPTH + 1):
            for file in root.glob(f"{'*/' * depth}{split}/*/*{ending}"):
                if not is_junk(str(file.relative_to(root))):
                    yield file


def _items(name: str, dataset: Dataset, roots: list[Path], part: str) -> dict[str, list[Item]]:
    def half(path: Path, domain: str) -> Image.Image:
        return decode(name, path).resize((SIDE, SIDE), REDUCED_BY[domain])

    return {
        domain: [
            Item(part, f"{part}/{frame}", partial(half, files[frame], domain)) for frame in sorted(files, key=natural)
        ]
        for domain, files in frames(name, roots, part).items()
    }


LAYOUT = Layout(_items)
