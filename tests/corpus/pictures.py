"""Pictures with known pixels, and odd files that hold them."""

import os
import socket
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.corpus.encoded import PALETTE, changed, chunk, idat, ihdr, png, png_of, rows, saved

ROW, COLUMN = np.indices((16, 16))
SCENE = np.stack([17 * ROW, 17 * COLUMN, 255 - 17 * ROW], axis=-1)
"""(16, 16, 3): every pixel has a different colour."""
LEVELS = 16 * ROW + COLUMN
"""(16, 16): 0 to 255."""
COLOURS = np.array([[(200, 40, 40), (40, 160, 60)], [(50, 60, 180), (220, 210, 90)]])
QUARTERS = COLOURS.repeat(8, axis=0).repeat(8, axis=1)
"""(16, 16, 3): one colour in each block of a JPEG, so that little is lost."""
CMYK = np.array([[(10, 60, 200, 40), (0, 0, 0, 0)], [(255, 0, 90, 10), (30, 20, 10, 200)]]).repeat(8, 0).repeat(8, 1)
ANY = np.nan
"""Any value is accepted."""


@dataclass(frozen=True)
class Pixels:
    """Expected pixels of a file, resized to 16x16 by nearest neighbour.

    Attributes
    ----------
    values
        Levels; ANY where no decoder can know them.
    within
        Largest difference, which JPEG may lose.
    turned
        True if the dataset card must say that viewers rotate or mirror the image.
    """

    values: np.ndarray
    within: int = 0
    turned: bool = False


def grey(levels: np.ndarray) -> np.ndarray:
    return levels[..., None].repeat(3, axis=-1)


def ink_on_paper(cmyk: np.ndarray) -> np.ndarray:
    """Return the RGB levels of inks: (255 - C) (255 - K) / 255, and likewise for magenta and yellow."""
    return (255 - cmyk[..., :3]) * (255 - cmyk[..., 3:]) / 255


def scene_png() -> bytes:
    return png_of(SCENE)


def quarters_jpeg(**options) -> bytes:
    return saved(QUARTERS, **options)


def palette(*transparency: bytes) -> bytes:
    colours = np.stack([np.arange(256), 255 - np.arange(256), np.full(256, 7)], axis=-1).astype(np.uint8)
    return png_of(LEVELS, chunk(b"PLTE", colours.tobytes()), *transparency, colour=PALETTE)


def animated(*, default_is_a_frame: bool) -> bytes:
    """Return an animated PNG: SCENE is the image for decoders without animation; the last frame is black."""
    control = struct.pack(">IIIIHHBB", 16, 16, 0, 0, 1, 10, 0, 0)
    number = iter(range(9))
    frames = [chunk(b"acTL", struct.pack(">II", 1 + default_is_a_frame, 0))]
    if default_is_a_frame:
        frames.append(chunk(b"fcTL", struct.pack(">I", next(number)) + control))
    frames += [idat(rows(SCENE)), chunk(b"fcTL", struct.pack(">I", next(number)) + control)]
    frames.append(chunk(b"fdAT", struct.pack(">I", next(number)) + zlib.compress(rows(0 * SCENE))))
    return png(ihdr(16, 16), *frames)


def in_pieces() -> bytes:
    """Return a PNG whose pixels are in chunks of 5 bytes, with empty chunks in between."""
    data = zlib.compress(rows(SCENE))
    return png(ihdr(16, 16), *(chunk(b"IDAT", data[i : i + 5]) + chunk(b"IDAT") for i in range(0, len(data), 5)))


def flipped_where_only_the_crc_sees_it() -> bytes:
    """Return a PNG with a changed pixel in a valid zlib stream, in a chunk with the checksum of the original."""
    other = SCENE.copy()
    other[3, 3, 0] ^= 4
    original = zlib.crc32(b"IDAT" + zlib.compress(rows(SCENE), 0))
    return png(ihdr(16, 16), chunk(b"IDAT", zlib.compress(rows(other), 0), crc=original))


def wide_scene(width: int, height: int) -> bytes:
    """Return the pixels of SCENE after a header that states another size."""
    return png(ihdr(width, height), idat(rows(SCENE)))


def zeros(width: int, height: int, depth: int, colour: int, *before: bytes) -> bytes:
    """Return a small PNG of one channel that is 0 everywhere."""
    packer = zlib.compressobj()
    row = bytes(1 + -(-width * depth // 8))
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return png(ihdr(width, height, depth, colour), *before, chunk(b"IDAT", data))


def png_of_300_megabytes(path: Path) -> None:
    path.write_bytes(scene_png())
    os.truncate(path, 300 << 20)


def jpeg_of_cmyk(transform: int | None) -> bytes:
    """Return a JPEG of four channels.

    Parameters
    ----------
    transform
        Byte of Adobe's marker: 0 for CMYK, 2 for YCCK; None for no marker.
    """
    jpeg = saved(CMYK, mode="CMYK")
    at = jpeg.index(b"\xff\xee")
    adobe = jpeg[at : at + 16]
    return jpeg.replace(adobe, b"" if transform is None else adobe[:-1] + bytes([transform]))


def from_ycck(ycck: np.ndarray) -> np.ndarray:
    """Convert YCCK to RGB by JFIF's equations; Adobe writes all inks inverted, so that YCC encodes 255 - CMY."""
    y, cb, cr = np.moveaxis(255.0 - ycck[..., :3], -1, 0)
    red, blue = y + 1.402 * (cr - 128), y + 1.772 * (cb - 128)
    green = y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128)
    cmy = 255 - np.clip(np.stack([red, green, blue], -1), 0, 255)
    return ink_on_paper(np.concatenate([255 - cmy, ycck[..., 3:]], axis=-1))


def of_two_components() -> bytes:
    return changed(quarters_jpeg(), b"\xff\xc0", 9, 2)


def piped(path: Path) -> None:
    os.mkfifo(path)


def bound(path: Path) -> None:
    """Bind a socket, from within its folder, because an address may have no more than 107 bytes."""
    here = os.getcwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
    finally:
        os.chdir(here)


def linked_well(path: Path) -> None:
    (path.parent.parent / "elsewhere").write_bytes(scene_png())
    path.symlink_to("../elsewhere")
