"""Pictures whose pixels are known, and odd files of them."""

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
"""(16, 16, 3): every pixel another colour."""
LEVELS = 16 * ROW + COLUMN
"""(16, 16): 0 to 255."""
COLOURS = np.array([[(200, 40, 40), (40, 160, 60)], [(50, 60, 180), (220, 210, 90)]])
QUARTERS = COLOURS.repeat(8, axis=0).repeat(8, axis=1)
"""(16, 16, 3): the blocks of a JPEG, each of one colour, so that little is lost."""
CMYK = np.array([[(10, 60, 200, 40), (0, 0, 0, 0)], [(255, 0, 90, 10), (30, 20, 10, 200)]]).repeat(8, 0).repeat(8, 1)
ANY = np.nan


@dataclass(frozen=True)
class Pixels:
    """What the file holds, resized to 16x16 by nearest neighbours; ANY where no decoder can know it."""

    values: np.ndarray
    within: int = 0
    """What JPEG may lose."""
    turned: bool = False
    """Whether the dataset card must tell that viewers show it in another way."""


def grey(levels: np.ndarray) -> np.ndarray:
    return levels[..., None].repeat(3, axis=-1)


def ink_on_paper(cmyk: np.ndarray) -> np.ndarray:
    """What light is left by cyan, magenta and yellow, and of that by black: (255 - C) (255 - K) / 255."""
    return (255 - cmyk[..., :3]) * (255 - cmyk[..., 3:]) / 255


def scene_png() -> bytes:
    return png_of(SCENE)


def quarters_jpeg(**options) -> bytes:
    return saved(QUARTERS, **options)


def palette(*transparency: bytes) -> bytes:
    colours = np.stack([np.arange(256), 255 - np.arange(256), np.full(256, 7)], axis=-1).astype(np.uint8)
    return png_of(LEVELS, chunk(b"PLTE", colours.tobytes()), *transparency, colour=PALETTE)


def animated(*, default_is_a_frame: bool) -> bytes:
    """SCENE where animations are not known; then a black frame."""
    control = struct.pack(">IIIIHHBB", 16, 16, 0, 0, 1, 10, 0, 0)
    number = iter(range(9))
    frames = [chunk(b"acTL", struct.pack(">II", 1 + default_is_a_frame, 0))]
    if default_is_a_frame:
        frames.append(chunk(b"fcTL", struct.pack(">I", next(number)) + control))
    frames += [idat(rows(SCENE)), chunk(b"fcTL", struct.pack(">I", next(number)) + control)]
    frames.append(chunk(b"fdAT", struct.pack(">I", next(number)) + zlib.compress(rows(0 * SCENE))))
    return png(ihdr(16, 16), *frames)


def in_pieces() -> bytes:
    """A PNG whose pixels are in chunks of 5 bytes, some of them empty."""
    data = zlib.compress(rows(SCENE))
    return png(ihdr(16, 16), *(chunk(b"IDAT", data[i : i + 5]) + chunk(b"IDAT") for i in range(0, len(data), 5)))


def flipped_where_only_the_crc_sees_it() -> bytes:
    """A pixel changed, in a zlib stream that is whole again, of a chunk whose checksum is that of before."""
    other = SCENE.copy()
    other[3, 3, 0] ^= 4
    right = zlib.crc32(b"IDAT" + zlib.compress(rows(SCENE), 0))
    return png(ihdr(16, 16), chunk(b"IDAT", zlib.compress(rows(other), 0), crc=right))


def wide_scene(width: int, height: int) -> bytes:
    """The pixels of SCENE below a header of another size."""
    return png(ihdr(width, height), idat(rows(SCENE)))


def zeros(width: int, height: int, depth: int, colour: int, *before: bytes) -> bytes:
    """A PNG of one channel that is 0 everywhere, in few bytes."""
    packer = zlib.compressobj()
    row = bytes(1 + -(-width * depth // 8))
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return png(ihdr(width, height, depth, colour), *before, chunk(b"IDAT", data))


def png_of_300_megabytes(path: Path) -> None:
    path.write_bytes(scene_png())
    os.truncate(path, 300 << 20)


def jpeg_of_cmyk(transform: int | None) -> bytes:
    """transform: of Adobe's marker, 0 for CMYK and 2 for YCCK; None for no marker."""
    jpeg = saved(CMYK, mode="CMYK")
    at = jpeg.index(b"\xff\xee")
    adobe = jpeg[at : at + 16]
    return jpeg.replace(adobe, b"" if transform is None else adobe[:-1] + bytes([transform]))


def from_ycck(ycck: np.ndarray) -> np.ndarray:
    """JFIF's equations; Adobe writes all inks inverted, of which YCC keeps RGB = 255 - CMY."""
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
    """A socket; its address may be no longer than 107 bytes."""
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
