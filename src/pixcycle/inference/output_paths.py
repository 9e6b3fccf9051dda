"""Find the images to translate and the path of each translation."""

from pathlib import Path

from pixcycle.base.errors import UserError
from pixcycle.base.user_output import is_empty_folder, refuse_existing
from pixcycle.data.decode import OTHER_SUFFIXES, SUFFIXES, folders_below


def place_of_image(source: Path, out: Path, overwrite: bool = False) -> Path:
    """Return the PNG to write an image's translation to: `out`, or a file of the image's name if `out` is a folder.

    Raises
    ------
    UserError
        If that file exists and `overwrite` is False, or is not named .png.
    """
    place = out / f"{source.stem}.png" if out.is_dir() else out
    if place.suffix.lower() != ".png":
        raise UserError(f"{place}: translations are PNG files; name it {place.with_suffix('.png')}")
    refuse_existing(place, overwrite)
    return place


def places_in_folder(source: Path, out: Path) -> dict[Path, Path]:
    """Return the path of each image below a folder and that of its translation, relative to `out`, sorted by path.

    Hidden images are skipped. Images of unsupported formats are included, so that none is skipped silently.

    Raises
    ------
    UserError
        If `out` exists or lies inside `source`, if there are no images, or if two translations would have the same
        path.
    """
    if not source.is_dir():
        raise UserError(f"{source}: no such file or folder")
    if out.resolve().is_relative_to(source.resolve()):
        raise UserError(f"{out} lies inside {source}, the folder to translate; choose a folder outside it")
    if not is_empty_folder(out):
        refuse_existing(out)
    images: dict[Path, Path] = {}
    for path in sorted(path for folder in folders_below(source) for path in folder.iterdir()):
        if path.suffix.lower() not in SUFFIXES | OTHER_SUFFIXES or path.name.startswith(".") or path.is_dir():
            continue
        place = path.relative_to(source).with_suffix(".png")
        if place in images:
            raise UserError(f"{images[place]} and {path} would both become {place}; rename one of them")
        images[place] = path
    if not images:
        raise UserError(f"{source} holds no images")
    return {path: place for place, path in images.items()}
