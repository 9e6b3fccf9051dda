"""Write PNG files, and check what decoders take on trust: the checksums, and that no row of pixels is missing."""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Channels of each colour type."""
ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
"""First row, first column, row step and column step of each pass of an interlaced image."""
PIECE = 1 << 20
"""Bytes that are decompressed at a time."""


def png_of(image: np.ndarray) -> bytes:
    """Return the bytes of a PNG file of an image, uint8 (H, W, 3)."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def check_png(data: bytes) -> None:
    """Raise ValueError if a PNG, whose header a decoder has accepted, is damaged or truncated."""
    chunks = list(_chunks(data))
    inflate, left = zlib.decompressobj(), _bytes_of_pixels(chunks[0][1])
    for piece in (content for kind, content in chunks if kind == b"IDAT"):
        while left > 0 and not inflate.eof and len(piece):
            left -= len(inflate.decompress(piece, PIECE))
            piece = inflate.unconsumed_tail
    if left > 0:
        raise ValueError("some of its pixel rows are missing")


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield the kind and content of each chunk, up to and including IEND."""
    at, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        if at + 12 > len(data):
            raise ValueError("its end is missing")
        (length,), kind = struct.unpack_from(">I", data, at), data[at + 4 : at + 8]
        content = memoryview(data)[at + 8 : at + 8 + length]
        at += 12 + length
        if at > len(data):
            raise ValueError("its end is missing")
        if struct.pack(">I", zlib.crc32(content, zlib.crc32(kind))) != data[at - 4 : at]:
            raise ValueError(f"the checksum of its chunk {kind!r} is wrong")
        yield kind, content


def _bytes_of_pixels(header: memoryview) -> int:
    """Return the decompressed size in bytes of all rows, each with the byte that names its filter."""
    width, height, depth, colour, _compression, _filters, interlaced = struct.unpack(">IIBBBBB", header)
    passes = ADAM7 if interlaced else [(0, 0, 1, 1)]
    sizes = [(len(range(top, height, down)), len(range(left, width, right))) for top, left, down, right in passes]
    return sum(rows * (1 + -(-columns * depth * CHANNELS[colour] // 8)) for rows, columns in sizes if columns)
