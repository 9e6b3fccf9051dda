"""Cityscapes as its licence makes everybody download it: the photos in one archive, their labels in another."""

from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from pixcycle.data.digest import is_junk
from pixcycle.errors import UserError

ENDINGS = {"A": "_leftImg8bit.png", "B": "_gtFine_color.png"}
"""Of the file names of photos and of colour labels."""
ARCHIVES = {"A": "leftImg8bit_trainvaltest.zip", "B": "gtFine_trainvaltest.zip"}
SPLITS = ("train", "val")
"""Those with labels; in the archive the labels of `test` are blank."""
SIDE = 256
"""Pixels of each half of the pairs that the authors of pix2pix make of the frames, as wide as they are high."""
REDUCED_BY = {"A": Image.Resampling.BICUBIC, "B": Image.Resampling.NEAREST}
"""Photos are antialiased; labels keep their colours."""
DEPTH = 2
"""A split lies in `leftImg8bit` or `gtFine`, which may lie in one more folder."""


def frames(name: str, roots: list[Path], split: str) -> dict[str, dict[str, Path]]:
    """The photos and the colour labels of a split, {"A": {CITY_SEQ_FRAME: file}, "B": ...}, of the same frames.

    Their file names say which is which, so the roots may come in any order.
    name: the dataset's key, for errors. Raises UserError, naming the archives to bring, if the split is not there
    or some frames lack one of the two.
    """
    if split not in SPLITS:
        raise UserError(f"{name}: Cityscapes publishes no labels for a split '{split}'; known: {', '.join(SPLITS)}")
    found = {domain: _of_domain(name, roots, split, domain) for domain in "AB"}
    for domain, other in ("AB", "BA"):
        if alone := sorted(found[domain].keys() - found[other].keys()):
            shown = ", ".join(alone[:5]) + (", ..." if alone[5:] else "")
            raise UserError(
                f"{name}: {len(alone)} frames of {split} have a *{ENDINGS[domain]}, but no *{ENDINGS[other]}: {shown};"
                f" bring the whole {' and '.join(ARCHIVES.values())}"
            )
    return found


def _of_domain(name: str, roots: list[Path], split: str, domain: str) -> dict[str, Path]:
    ending = ENDINGS[domain]
    found: dict[str, Path] = {}
    for file in _images(roots, split, ending):
        first = found.setdefault(file.name.removesuffix(ending), file)
        if first != file:
            raise UserError(f"{name}: {first} and {file} would be the same image; keep one of them")
    if not found:
        others = sorted({"/".join(file.parts[-4:-2]) for file in _images(roots, "*", ".png")})
        instead = f"; there are only {', '.join(others)}" if others else ""
        where = " or ".join(map(str, roots))
        raise UserError(f"{name}: no {split}/CITY/*{ending} in {where}; it comes in {ARCHIVES[domain]}{instead}")
    return found


def _images(roots: list[Path], split: str, ending: str) -> Iterator[Path]:
    for root in roots:
        for depth in range(DEPTH + 1):
            for file in root.glob(f"{'*/' * depth}{split}/*/*{ending}"):
                if not is_junk(str(file.relative_to(root))):
                    yield file
