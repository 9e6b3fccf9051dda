"""PNG as we write it; and what decoders take on trust of one: checksums, and that no row of pixels is missing."""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Of each colour type."""
ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
"""First row and column, and the steps, of each pass of an interlaced image."""
PIECE = 1 << 20


def png_of(image: np.ndarray) -> bytes:
    """image: uint8 (H, W, 3)."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def check_png(data: bytes) -> None:
    """Raises ValueError for a file that is damaged or cut off. data: of a PNG whose header a decoder accepts."""
    chunks = list(_chunks(data))
    inflate, left = zlib.decompressobj(), _bytes_of_pixels(chunks[0][1])
    for piece in (content for kind, content in chunks if kind == b"IDAT"):
        while left > 0 and not inflate.eof and len(piece):
            left -= len(inflate.decompress(piece, PIECE))
            piece = inflate.unconsumed_tail
    if left > 0:
        raise ValueError("some rows of its pixels are missing")


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Kind and content of each, up to the end that a PNG has."""
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
    """All rows, each with the byte that says how it is filtered."""
    width, height, depth, colour, _compression, _filters, interlaced = struct.unpack(">IIBBBBB", header)
    passes = ADAM7 if interlaced else [(0, 0, 1, 1)]
    sizes = [(len(range(top, height, down)), len(range(left, width, right))) for top, left, down, right in passes]
    return sum(rows * (1 + -(-columns * depth * CHANNELS[colour] // 8)) for rows, columns in sizes if columns)
