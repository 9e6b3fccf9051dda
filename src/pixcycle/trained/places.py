"""Which images are translated, and where each translation goes; nothing that is there already is written over."""

import os
from pathlib import Path

from pixcycle.data.decode import OTHER_SUFFIXES, SUFFIXES
from pixcycle.errors import UserError


def place_of_image(source: Path, out: Path) -> Path:
    """The PNG that an image becomes: `out`, or one of its own name if that is a folder.

    Raises UserError if it is there already, or is called otherwise.
    """
    place = out / f"{source.stem}.png" if out.is_dir() else out
    if place.suffix.lower() != ".png":
        raise UserError(f"{place}: translations are PNG files; call it {place.with_suffix('.png')}")
    refuse_what_is_there(place)
    return place


def places_in_folder(source: Path, out: Path) -> dict[Path, Path]:
    """Each image below a folder -> where in the folder `out` its translation goes; by name, hidden ones left out.

    Also those in formats that are not read, so that none is missed in silence.

    Raises UserError if `out` is there already, or lies in the folder that is translated; if there are no images, or
    two would become one.
    """
    if not source.is_dir():
        raise UserError(f"{source}: no such file or folder")
    if out.resolve().is_relative_to(source.resolve()):
        raise UserError(f"{out} lies in {source}, whose images are translated; name a place beside it")
    if not out.is_dir() or out.is_symlink() or any(out.iterdir()):
        refuse_what_is_there(out)
    images: dict[Path, Path] = {}
    for path in sorted(source.rglob("*")):
        below = path.relative_to(source)
        hidden = any(part.startswith(".") for part in below.parts)
        if path.suffix.lower() not in SUFFIXES | OTHER_SUFFIXES or hidden or path.is_dir():
            continue
        place = below.with_suffix(".png")
        if place in images:
            raise UserError(f"{images[place]} and {path} would both become {place}; rename one of them")
        images[place] = path
    if not images:
        raise UserError(f"{source} holds no images")
    return {path: place for place, path in images.items()}


def refuse_what_is_there(out: Path) -> None:
    if os.path.lexists(out):
        raise UserError(f"{out} is there already; name another place, or remove it first")
