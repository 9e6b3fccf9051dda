"""Encoded images: PNG files written chunk by chunk, and JPEG files with replaced segments."""

import io
import struct
import zlib
from functools import cache

import numpy as np
from PIL import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
"""The colour types of a PNG."""
ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
"""First row, first column, row step and column step of each pass of an interlaced PNG."""


def chunk(kind: bytes, data: bytes = b"", crc: int | None = None, length: int | None = None) -> bytes:
    """Return a PNG chunk, with its own checksum and length unless others are given."""
    checksum = zlib.crc32(kind + data) if crc is None else crc
    size = len(data) if length is None else length
    return struct.pack(">I", size) + kind + data + struct.pack(">I", checksum)


def ihdr(width: int, height: int, depth: int = 8, colour: int = RGB, *methods: int) -> bytes:
    """Return the header of a PNG; `methods` are those of compression, filtering and interlacing, by default 0."""
    return chunk(b"IHDR", struct.pack(">IIBB", width, height, depth, colour) + bytes([*methods, 0, 0, 0][:3]))


def png(*chunks: bytes) -> bytes:
    """Return a PNG of these chunks and an IEND chunk."""
    return SIGNATURE + b"".join(chunks) + chunk(b"IEND")


def rows(pixels: np.ndarray, depth: int = 8) -> bytes:
    """Return the unfiltered rows of a PNG of pixels (H, W) or (H, W, C) with `depth` bits each."""
    lines = pixels.reshape(len(pixels), -1)
    if depth == 16:
        lines = lines.astype(">u2").view(np.uint8)
    elif depth < 8:
        bits = np.unpackbits(lines.astype(np.uint8)[..., None], axis=-1)[..., -depth:]
        lines = np.packbits(bits.reshape(len(lines), -1), axis=-1)
    return b"".join(b"\0" + line.astype(np.uint8).tobytes() for line in lines)


def idat(data: bytes, level: int = 9) -> bytes:
    return chunk(b"IDAT", zlib.compress(data, level))


def png_of(pixels: np.ndarray, *before: bytes, depth: int = 8, colour: int = RGB) -> bytes:
    """Return a PNG of these pixels, with the chunks `before` between its header and its pixels."""
    height, width = pixels.shape[:2]
    return png(ihdr(width, height, depth, colour), *before, idat(rows(pixels, depth)))


def interlaced(pixels: np.ndarray, passes: int = 7) -> bytes:
    """Return an interlaced PNG with the first `passes` of its seven passes."""
    height, width = pixels.shape[:2]
    parts = [pixels[row::down, column::right] for row, column, down, right in ADAM7[:passes]]
    return png(ihdr(width, height, 8, RGB, 0, 0, 1), idat(b"".join(rows(part) for part in parts if part.size)))


def filtered_by_paeth(pixels: np.ndarray) -> bytes:
    """Return a PNG with the Paeth filter.

    It subtracts from each byte the one of its left, upper and upper left neighbours that is nearest to
    left + upper - upper left.
    """
    height, width = pixels.shape[:2]
    padded = np.pad(pixels.astype(int), ((1, 0), (1, 0), (0, 0)))
    left, up, corner = padded[1:, :-1], padded[:-1, 1:], padded[:-1, :-1]
    candidates = np.stack([left, up, corner])
    nearest = np.abs(candidates - (left + up - corner)).argmin(axis=0)
    rest = (pixels - np.take_along_axis(candidates, nearest[None], axis=0)[0]) % 256
    return png(
        ihdr(width, height), idat(b"".join(b"\4" + row.astype(np.uint8).tobytes() for row in rest.reshape(height, -1)))
    )


@cache
def inflated(megabytes: int) -> bytes:
    """Return a small zlib stream that decompresses to this many megabytes."""
    packer = zlib.compressobj()
    return b"".join(packer.compress(bytes(2**20)) for _ in range(megabytes)) + packer.flush()


def segment(marker: int, data: bytes) -> bytes:
    """Return a segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def saved(pixels: np.ndarray, kind: str = "JPEG", mode: str | None = None, **options) -> bytes:
    """Return an image as Pillow writes it, a JPEG in the best quality."""
    file = io.BytesIO()
    best = {"quality": 100, "subsampling": 0} if kind in ("JPEG", "MPO") else {}
    Image.fromarray(pixels.astype(np.uint8), mode).save(file, kind, **(best | options))
    return file.getvalue()


def inserted(jpeg: bytes, *segments: bytes) -> bytes:
    """Insert segments after the first two bytes of a JPEG."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def changed(content: bytes, after: bytes, offset: int, *values: int) -> bytes:
    """Overwrite bytes at `offset` from the first occurrence of `after`."""
    at = content.index(after) + offset
    return content[:at] + bytes(values) + content[at + len(values) :]


def until(content: bytes, mark: bytes, more: int = 0) -> bytes:
    """Truncate at the first occurrence of `mark`, or `more` bytes after its start."""
    return content[: content.index(mark) + more]


def exif(orientation: int, kind: int = 3) -> bytes:
    """Return EXIF data with only an orientation; `kind` is the type of its value, for which 3 is right."""
    entry = struct.pack(">HHIHH", 0x0112, kind, 1, orientation, 0)
    return b"MM\0*" + struct.pack(">IH", 8, 1) + entry + bytes(4)


def jpeg_of_scans(width: int, height: int, scans: int) -> bytes:
    """Return a grey progressive JPEG of level 128, with further scans that change nothing, in a few bytes each."""
    blocks = -(-width // 8) * -(-height // 8)
    frame = segment(0xDB, bytes([0] + [1] * 64))
    frame += segment(0xC2, struct.pack(">BHHB3B", 8, height, width, 1, 1, 0x11, 0))
    of_dc = segment(0xC4, bytes([0x00, 1] + [0] * 15 + [0])) + segment(0xDA, bytes([1, 1, 0, 0, 0, 0]))
    of_ac = segment(0xC4, bytes([0x10, 1] + [0] * 15 + [0xE0]))  # the only code, 0, is a run of blocks
    scan = bytes(-(-15 * -(-blocks // 2**14) // 8))  # per run the bit 0, and 14 bits for the blocks beyond 2^14
    empty = (segment(0xDA, bytes([1, 1, 0, 1, 63, 0])) + scan) * scans
    return b"\xff\xd8" + frame + of_dc + bytes(-(-blocks // 8)) + of_ac + empty + b"\xff\xd9"


def arithmetic_coded(width: int, height: int) -> bytes:
    """Return a grey arithmetic-coded JPEG of level 128: its code is all zeros, which are omitted at the end."""
    frame = struct.pack(">BHHB3B", 8, height, width, 1, 1, 0x11, 0)
    scan = segment(0xDA, bytes([1, 1, 0, 0, 0, 0]))
    return b"\xff\xd8" + segment(0xDB, bytes([0] + [1] * 64)) + segment(0xCA, frame) + scan + b"\xff\xd9"
