"""Any bytes that are called an image decode to an RGB image of the size that they state, or are refused in one line."""

import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pixcycle.base.errors import UserError
from pixcycle.data.decode import MOST_PIXELS, decode
from pixcycle.data.prepare import prepare
from tests.corpus.encoded import SIGNATURE, chunk, idat, saved, segment
from tests.corpus.examples import repeatable
from tests.corpus.pictures import (
    LEVELS,
    SCENE,
    animated,
    jpeg_of_cmyk,
    palette,
    quarters_jpeg,
    scene_png,
)
from tests.support.tiny_archives import dataset, record, spec

byte, short, number = st.integers(0, 255), st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1)
side = st.integers(0, 40) | st.integers(1, 40) | number
content = st.binary(max_size=80)
KINDS = b"IDAT PLTE tRNS iCCP zTXt iTXt tEXt eXIf acTL fcTL fdAT pHYs IEND".split()
MARKERS = [0xC0, 0xC1, 0xC2, 0xC4, 0xC9, 0xDA, 0xDB, 0xDD, 0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xFE, 0xD0, 0xD9]
APPLICATIONS = [b"Exif\0\0MM\0*", b"JFIF\0", b"Adobe", b"MPF\0", b"ICC_PROFILE\0", b"Photoshop 3.0\x008BIM"]

right_or = st.none() | st.none()
"""Combined with another strategy: mostly None, for the right checksum or length."""
sound = st.sampled_from([(1, 0, 0, 0, 0), (8, 0, 0, 0, 1), (8, 2, 0, 0, 0), (8, 3, 0, 0, 0), (8, 6, 0, 0, 1)])
"""Valid combinations of depth, colour type and methods."""
header = st.builds(
    lambda width, height, rest, crc: chunk(b"IHDR", struct.pack(">II", width, height) + bytes(rest), crc),
    side,
    side,
    sound | st.tuples(*[byte] * 5),
    right_or | number,
)
chunks = st.builds(
    chunk, st.sampled_from(KINDS) | st.binary(min_size=4, max_size=4), content, right_or | number, right_or | number
)
pixels = st.builds(idat, st.binary(max_size=400) | st.just(bytes(20_000)))
pngs = st.builds(
    lambda head, before, data, behind: SIGNATURE + b"".join([head, *before, data, *behind]) + chunk(b"IEND"),
    header,
    st.lists(chunks, max_size=3),
    pixels,
    st.lists(chunks | pixels, max_size=3),
)


def jpeg_segment(marker: int, data: bytes, length: int | None) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2 if length is None else length) + data


def frame(marker: int, bits: int, height: int, width: int, components: bytes) -> bytes:
    return jpeg_segment(marker, struct.pack(">BHHB", bits, height, width, len(components) // 3) + components, None)


frames = st.builds(
    frame,
    st.sampled_from([0xC0, 0xC1, 0xC2, 0xC3, 0xC9, 0xCA]),
    st.just(8) | byte,
    st.integers(0, 40) | short,
    st.integers(0, 40),
    st.binary(min_size=3, max_size=12) | st.just(b"\1\x11\0"),
)
segments = st.builds(
    jpeg_segment,
    st.sampled_from(MARKERS) | byte,
    content | st.builds(bytes.__add__, st.sampled_from(APPLICATIONS), content),
    right_or | short,
)
GREY_SCAN = segment(0xDA, bytes([1, 1, 0, 0, 0, 0])) + b"\xff\xd9"
TABLE = segment(0xDB, bytes([0] + [1] * 64))
jpegs = st.builds(
    lambda before, head, behind, end: b"\xff\xd8" + TABLE + b"".join([*before, head, *behind]) + end,
    st.lists(segments, max_size=4),
    frames,
    st.lists(segments, max_size=4),
    st.just(GREY_SCAN) | content,
)

WHOLE = [
    scene_png(),
    palette(chunk(b"tRNS", b"\0")),
    animated(default_is_a_frame=True),
    quarters_jpeg(exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"),
    quarters_jpeg(progressive=True),
    quarters_jpeg(kind="MPO"),
    saved(LEVELS),
    jpeg_of_cmyk(2),
]


@st.composite
def damaged(draw) -> bytes:
    """Draw an intact image with some bytes changed, most of them in its first 200, and some removed or doubled."""
    image = bytearray(draw(st.sampled_from(WHOLE)))
    place = st.integers(0, min(200, len(image) - 1)) | st.integers(0, len(image) - 1)
    for at, value in draw(st.lists(st.tuples(place, byte), min_size=1, max_size=4)):
        image[at] = value
    first, last = sorted(draw(st.tuples(place, place)))
    how = draw(st.sampled_from(["", "", "cut off", "removed", "doubled"]))
    if how == "cut off":
        del image[last:]
    elif how == "removed":
        del image[first:last]
    elif how == "doubled":
        image[first:first] = image[first:last]
    return bytes(image)


def decoded(content: bytes) -> Image.Image | None:
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        Path(file.name).write_bytes(content)
        try:
            return decode("odd", Path(file.name))
        except UserError as error:
            assert file.name in str(error) and "\n" not in str(error)
            return None


@pytest.mark.parametrize(
    ("contents", "examples"),
    [(pngs, 600), (jpegs, 600), (damaged(), 1200)],
    ids=["a PNG of any chunks", "a JPEG of any segments", "a damaged image"],
)
def test_decode_returns_an_rgb_image_of_the_stated_size_or_refuses(contents, examples):
    outcomes = set()

    @repeatable(examples)
    @given(contents)
    def check(content):
        image = decoded(content)
        outcomes.add(image is not None)
        if image is not None:
            assert image.mode == "RGB" and 0 < image.width * image.height <= MOST_PIXELS
            assert np.asarray(image).shape == (image.height, image.width, 3)
            if content.startswith(SIGNATURE):
                assert image.size == struct.unpack_from(">II", content, 16)

    check()
    assert outcomes == {True, False}  # the examples must include both images and refusals


@repeatable(60)
@given(damaged())
def test_prepare_of_a_damaged_image_is_complete_or_leaves_no_folder(content):
    with tempfile.TemporaryDirectory() as place:
        raw, out = Path(place) / "raw", Path(place) / "out"
        for folder in ("trainA", "trainB", "valA", "valB"):
            (raw / folder).mkdir(parents=True)
            (raw / folder / "1.png").write_bytes(content if folder == "trainB" else scene_png())
        try:
            prepare("tiny", dataset(layout="domain_folders", paired=False), record(raw, raw), out, spec())
        except UserError as error:
            assert "trainB/1.png" in str(error)
            assert [path.name for path in Path(place).iterdir()] == ["raw"]
        else:
            assert np.load(out / "train_B.npy").shape == (1, 16, 16, 3)
            np.testing.assert_array_equal(np.load(out / "train_A.npy")[0], SCENE)
