"""The one door for image files that others made: an RGB image of bounded size, or the reason why not."""

import io
import warnings
from pathlib import Path
from typing import Literal

from PIL import ExifTags, Image, UnidentifiedImageError

from pixcycle.data.png import SIGNATURE, check_png
from pixcycle.errors import UserError

SUFFIXES = {".jpg", ".jpeg", ".png"}
OTHER_SUFFIXES = {".avif", ".bmp", ".gif", ".heic", ".jfif", ".jp2", ".ppm", ".tga", ".tif", ".tiff", ".webp"}
"""Of images that are not read."""
SIGNATURES: dict[Literal["jpeg", "png"], bytes] = {"jpeg": b"\xff\xd8\xff", "png": SIGNATURE}
"""First bytes of what is read. Pillow's other decoders stay shut: that of EPS starts a program."""
MOST_PIXELS = 2**27
"""16384 x 8192, a world map; while such an image is decoded and looked at, a process has less than 2 GB."""
MOST_BYTES = 2**28
"""More than such a map takes as a PNG."""
MOST_SCANS = 100
"""Of a progressive JPEG, which goes through all pixels in each of them; encoders write about ten."""

Image.MAX_IMAGE_PIXELS = None  # Pillow would warn of what MOST_PIXELS refuses
warnings.filterwarnings("ignore", module="PIL")  # what they are about is refused here, or does not touch the pixels


def image_files(dataset: str, folder: Path) -> list[Path]:
    """What is meant to be an image by its name, hidden files aside, in no order.

    Raises UserError, naming dataset and file, if there are images whose format is not read: they would be lost unseen.
    """
    shown = [path for path in folder.iterdir() if not path.name.startswith(".")]
    if others := sorted(path for path in shown if path.suffix.lower() in OTHER_SUFFIXES):
        raise UserError(
            f"{dataset}: {others[0]} would be left out, as {len(others)} of {len(shown)} files there;"
            f" only .jpg, .jpeg and .png are read: convert them, or take them away"
        )
    return [path for path in shown if path.suffix.lower() in SUFFIXES]


def file_type(dataset: str, path: Path) -> Literal["jpeg", "png"]:
    """What the file is, whatever it is called. Raises UserError, naming dataset and file, for anything else."""
    head = _read(dataset, path, 16)
    for kind, signature in SIGNATURES.items():
        if head.startswith(signature):
            return kind
    raise UserError(
        f"{dataset}: cannot read the image {path}: it is neither JPEG nor PNG, as it begins with {head!r};"
        " convert it, or take it away"
    )


def decode(dataset: str, path: Path) -> Image.Image:
    """The file as an RGB image; grey, palette and CMYK are converted, transparency is dropped.

    Pixels stay as they are stored. In `info` are left the file's type, `jpeg` or `png`, and EXIF's orientation, 1 for
    upright; also in that of what is cut out. Of an animation it is the image that all viewers show.
    Raises UserError, naming dataset and file, for what is no whole image of 8 bits a channel and at most MOST_PIXELS.
    """
    kind, data = file_type(dataset, path), _read(dataset, path, MOST_BYTES + 1)
    try:
        image = Image.open(io.BytesIO(data), formats=[kind])
        if mistake := _refused(image, data):
            raise UserError(f"{dataset}: {path} {mistake}")
        if kind == "png":
            check_png(data)
        image.load()
        orientation = _orientation(image)
        image = image if image.mode == "RGB" else image.convert("RGB")
    except UserError:
        raise
    except Exception as error:  # decoders raise whatever damaged bytes make them stumble over
        why = "its header is damaged or cut off" if isinstance(error, UnidentifiedImageError) else error
        raise UserError(f"{dataset}: cannot read the image {path}: {why}; replace it by a whole JPEG or PNG") from None
    image.info = {"file_type": kind, "orientation": orientation}
    return image


def _refused(image: Image.Image, data: bytes) -> str | None:
    """What is wrong with an image, of which nothing but the header was read."""
    width, height = image.size
    if width * height > MOST_PIXELS:
        return f"has {width}x{height} pixels; reduce it to {MOST_PIXELS} at most, as many as 16384x8192"
    if len(data) > MOST_BYTES:
        return f"has more than {MOST_BYTES} bytes; compress it, or reduce it"
    if any(";16" in str(tile.args) for tile in image.tile):
        return "has more than 8 bits a channel; convert it to 8 bits"
    if image.format != "PNG" and data.count(b"\xff\xda") > MOST_SCANS:
        return f"is a JPEG of more than {MOST_SCANS} scans; save it anew"
    return None


def _orientation(image: Image.Image) -> int:
    """1 to 8 as EXIF counts; 1 where it says nothing, or nothing that can be read."""
    try:
        said = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # as above; but whatever EXIF holds, the pixels are whole
        return 1
    return said if said in range(1, 9) else 1


def _read(dataset: str, path: Path, most: int) -> bytes:
    """The first bytes of a file, and not of what could keep us waiting, such as a pipe."""
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no file" if path.exists() else "a link to nothing"
        raise UserError(f"{dataset}: cannot read the image {path}: it is {what}; take it away")
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise UserError(f"{dataset}: cannot read the image {path}: {error.strerror}") from None
