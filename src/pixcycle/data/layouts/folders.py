"""Find the folders of a split, and list their image files in natural order."""

import itertools
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from pixcycle.base.errors import UserError
from pixcycle.data.decode import image_files

WRAPPERS = 2
"""Maximum number of folders between a root and the folder of a split or domain."""
PLACES = {"side_by_side": [["{}"]], "domain_folders": [["{}A", "A/{}"], ["{}B", "B/{}"]]}
"""Accepted names for the folder of a split, or for those of its two domains."""


def split_folders(name: str, layout: str, roots: list[Path], part: str) -> list[Path]:
    """Return the folder of a split or, if the layout has one for each domain, both.

    Names are compared regardless of case; the folder nearest to the root is taken.

    Raises
    ------
    UserError
        If no folder matches, if several do, or if the folders are those of the other layout.
    """
    below = {f: f"/{f.relative_to(root).as_posix()}" for root in roots for f in folders_below(root)}

    def nearest(places: list[str]) -> list[Path]:
        endings = tuple(f"/{place.format(part)}".lower() for place in places)
        depth = {f: path.count("/") for f, path in below.items() if path.lower().endswith(endings)}
        return [f for f in depth if depth[f] == min(depth.values())]

    matches = {key: [nearest(places) for places in domains] for key, domains in PLACES.items()}
    unique = {key: [len(folders) == 1 for folders in matches[key]] for key in PLACES}
    for other in PLACES:
        if all(unique[other]) and not any(unique[layout]):
            readable = " and ".join(str(folder) for [folder] in matches[other])
            raise UserError(f"{name}: datasets.{name}.layout is {layout}; write {other} to read {readable}")
    for folders, places in zip(matches[layout], PLACES[layout], strict=True):
        wanted = " or ".join(f"'{place.format(part)}'" for place in places)
        if not folders:
            existing = sorted({f.name for f in below}, key=natural)[:20]
            raise UserError(
                f"{name}: no folder {wanted} in {' or '.join(map(str, roots))};"
                f" folders there: {', '.join(existing) or 'none'}"
            )
        if len(folders) > 1:
            raise UserError(
                f"{name}: several folders are called {wanted}: {' and '.join(map(str, folders))}; keep one of them"
            )
    return [folder for [folder] in matches[layout]]


def files(name: str, folder: Path) -> list[Path]:
    """Return the image files of a folder, in natural order.

    Raises UserError if there are none, or if two differ in their suffix alone.
    """
    paths = sorted(image_files(name, folder), key=lambda f: (natural(stem(f)), stem(f), f.name))
    if not paths:
        raise UserError(f"{name}: {folder} holds no .jpg, .jpeg or .png")
    for one, other in itertools.pairwise(paths):
        if stem(one) == stem(other):
            raise UserError(f"{name}: {one} and {other} would be the same image; keep one of them")
    return paths


def refuse_unmatched(name: str, names: dict[str, set[str]]) -> None:
    """Raise UserError if the images of two domains, given by the place of each, are not called alike."""
    one, other = names.values()
    if unmatched := sorted(one ^ other, key=natural):
        raise UserError(
            f"{name}: {' and '.join(names)} must hold the same file names, as the dataset is paired;"
            f" {len(unmatched)} have no partner: {', '.join(unmatched[:5])}{', ...' if unmatched[5:] else ''}"
        )


def stem(path: Path) -> str:
    """Return the file name without its suffix, in Unicode's composed form (NFC)."""
    return unicodedata.normalize("NFC", path.stem)


def folders_below(root: Path, depth: int = WRAPPERS + 1) -> Iterator[Path]:
    """Yield the folders at most depth + 1 levels below the root, except those that archivers and systems leave."""
    if root.is_dir():
        for child in sorted(root.iterdir()):
            if child.is_dir() and not child.name.startswith((".", "__MACOSX")):
                yield child
                if depth:
                    yield from folders_below(child, depth - 1)


def natural(name: str) -> list[tuple[int, str]]:
    """Return a sort key that compares numbers by value: img8 < img10 < img10b."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]
