"""Decode image files from outside the project: return an RGB image of bounded size, or say why it is refused."""

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from PIL import ExifTags, Image, UnidentifiedImageError

from pixcycle.base.errors import UserError
from pixcycle.data.png import SIGNATURE, check_png

SUFFIXES = {".jpg", ".jpeg", ".png"}
OTHER_SUFFIXES = {".avif", ".bmp", ".gif", ".heic", ".jfif", ".jp2", ".ppm", ".tga", ".tif", ".tiff", ".webp"}
"""Suffixes of images in formats that are not read."""
SIGNATURES: dict[Literal["jpeg", "png"], bytes] = {"jpeg": b"\xff\xd8\xff", "png": SIGNATURE}
"""First bytes of the formats that are read. Pillow's other decoders stay disabled: the one for EPS starts a program."""
MOST_PIXELS = 2**27
"""Maximum number of pixels: 16384 x 8192, a world map, whose decoding and inspection takes less than 2 GB of memory."""
MOST_BYTES = 2**28
"""Maximum size of a file in bytes, more than such a map takes as a PNG."""
MOST_SCANS = 100
"""Maximum number of scans of a progressive JPEG, each of which passes over all pixels; encoders write about ten."""

Image.MAX_IMAGE_PIXELS = None  # Pillow would warn about images that MOST_PIXELS refuses
warnings.filterwarnings("ignore", module="PIL")  # their causes are refused here, or do not affect the pixels


def folders_below(folder: Path, above: tuple[Path, ...] = ()) -> Iterator[Path]:
    """Yield a folder and all folders below it that are not hidden; follow links, but not in circles."""
    real = folder.resolve()
    if real in above:
        return
    yield folder
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith("."):
            yield from folders_below(path, (*above, real))


def image_files(dataset: str, folder: Path) -> list[Path]:
    """Return the files of a folder that have the suffix of an image and are not hidden, in no particular order.

    Raises UserError, naming dataset and file, for images in a format that is not read, instead of skipping them
    silently.
    """
    visible = [path for path in folder.iterdir() if not path.name.startswith(".")]
    if others := sorted(path for path in visible if path.suffix.lower() in OTHER_SUFFIXES):
        raise UserError(
            f"{dataset}: {others[0]} would be skipped ({len(others)} of {len(visible)} files there);"
            f" only .jpg, .jpeg and .png are read: convert or remove them"
        )
    return [path for path in visible if path.suffix.lower() in SUFFIXES]


def file_type(dataset: str, path: Path) -> Literal["jpeg", "png"]:
    """Return the type of an image file by its first bytes, whatever its name is.

    Raises UserError, naming dataset and file, if it is neither JPEG nor PNG.
    """
    head = _read(dataset, path, 16)
    for kind, signature in SIGNATURES.items():
        if head.startswith(signature):
            return kind
    raise UserError(
        f"{dataset}: cannot read the image {path}: it is neither JPEG nor PNG (it begins with {head!r});"
        " convert or remove it"
    )


def decode(dataset: str, path: Path) -> Image.Image:
    """Return an image file as an RGB image; grey, palette and CMYK are converted, transparency is dropped.

    Pixels stay as they are stored, whatever their EXIF orientation is. An animated image gives the frame that every
    viewer shows.

    Parameters
    ----------
    dataset
        Key of the dataset, for error messages.
    path
        A JPEG or PNG, whatever its suffix is.

    Returns
    -------
    Image.Image
        Its ``info`` has ``file_type`` (``jpeg`` or ``png``) and ``orientation`` (EXIF's, 1 for upright); so has the
        ``info`` of crops of it.

    Raises
    ------
    UserError
        If the file is not a complete image of 8 bits per channel and at most MOST_PIXELS. Names dataset and file.
    """
    kind, data = file_type(dataset, path), _read(dataset, path, MOST_BYTES + 1)
    try:
        image = Image.open(io.BytesIO(data), formats=[kind])
        if reason := _refusal(image, data):
            raise UserError(f"{dataset}: {path} {reason}")
        if kind == "png":
            check_png(data)
        image.load()
        orientation = _orientation(image)
        image = image if image.mode == "RGB" else image.convert("RGB")
    except UserError:
        raise
    except Exception as error:  # decoders raise all kinds of exceptions for damaged bytes
        reason = "its header is damaged or cut off" if isinstance(error, UnidentifiedImageError) else error
        raise UserError(
            f"{dataset}: cannot read the image {path}: {reason}; replace it with an intact JPEG or PNG"
        ) from None
    image.info = {"file_type": kind, "orientation": orientation}
    return image


def _refusal(image: Image.Image, data: bytes) -> str | None:
    """Return why an image is refused, judging by its header and the bytes of its file, or None."""
    width, height = image.size
    if width * height > MOST_PIXELS:
        return f"has {width}x{height} pixels; reduce it to at most {MOST_PIXELS}, as in 16384x8192"
    if len(data) > MOST_BYTES:
        return f"has more than {MOST_BYTES} bytes; compress or shrink it"
    if any(";16" in str(tile.args) for tile in image.tile):
        return "has more than 8 bits per channel; convert it to 8 bits"
    if image.format != "PNG" and data.count(b"\xff\xda") > MOST_SCANS:
        return f"is a JPEG with more than {MOST_SCANS} scans; save it again"
    return None


def _orientation(image: Image.Image) -> int:
    """Return EXIF's orientation, 1 to 8; 1 if it is missing or invalid."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # as above; but broken EXIF leaves the pixels intact
        return 1
    return orientation if orientation in range(1, 9) else 1


def _read(dataset: str, path: Path, most: int) -> bytes:
    """Return the first bytes of a regular file; anything that could block, such as a pipe, is refused."""
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "not a regular file" if path.exists() else "a broken link"
        raise UserError(f"{dataset}: cannot read the image {path}: it is {kind}; remove it")
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise UserError(f"{dataset}: cannot read the image {path}: {error.strerror}") from None
