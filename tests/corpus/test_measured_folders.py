"""What `pixcycle metrics` answers to folders with odd images among good ones."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from tests.answers import answer
from tests.corpus.encoded import png_of, until
from tests.corpus.form import Input, each, one_line
from tests.corpus.images import BOMBS, NO_FILES, QUARTERS, piped, scene_png

LITE = ("--extractor", "efficientnet-lite0")


@pytest.fixture
def folders(tmp_path) -> Path:
    """Four real and four generated images, all different."""
    for i, folder in enumerate(("real", "fake")):
        (tmp_path / folder).mkdir()
        for j in range(4):
            (tmp_path / folder / f"{j}.png").write_bytes(png_of(np.roll(QUARTERS, (i, j, i), axis=(0, 1, 2))))
    return tmp_path


@each(
    [
        Input("odd.jpg", lambda path: path.write_bytes(b"<html>"), "it is neither JPEG nor PNG"),
        Input("odd.png", lambda path: path.write_bytes(until(scene_png(), b"IEND")), "its end is missing"),
        Input("line\nbreak.png", lambda path: path.write_bytes(b""), r"line\nbreak.png: it is neither JPEG nor PNG"),
        Input(os.fsdecode(b"\xff.png"), lambda path: path.write_bytes(b""), r"\udcff.png: it is neither"),
        Input("odd.webp", lambda path: path.write_bytes(b"RIFF"), "odd.webp would be left out, as 1 of 5 files"),
        Input("pipe.png", piped, "pipe.png: it is no file"),
        *(Input(f"{i}.png", row.make, row.expected) for i, row in enumerate([*NO_FILES[:-1], BOMBS[0]], start=10)),
    ]
)
def test_an_odd_image_among_those_to_measure_is_refused_by_name(given: Input, folders: Path):
    given.make(folders / "fake" / given.name)
    one_line(answer("metrics", "real", "fake", *LITE, folder=folders).refusal, "generated: ", given.expected)


def test_images_are_measured_whatever_they_are_called_and_without_what_systems_leave_behind(folders):
    whole = json.loads(answer("metrics", "real", "fake", *LITE, folder=folders).text.rpartition("━")[0] or "{}")
    assert whole
