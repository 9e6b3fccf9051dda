"""Tests of `pixcycle metrics` with folders that have odd images among good ones."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.corpus.encoded import GREY, png_of, until
from tests.corpus.form import Input, each, one_line
from tests.corpus.pictures import QUARTERS, piped, scene_png, zeros
from tests.support.answers import answer

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
        Input("odd.webp", lambda path: path.write_bytes(b"RIFF"), "odd.webp would be skipped (1 of 5 files there)"),
        Input("pipe.png", piped, "pipe.png: it is not a regular file"),
        Input("link.png", lambda path: path.symlink_to("nowhere.png"), "link.png: it is a broken link"),
        Input("secret.png", lambda path: path.symlink_to("/proc/self/mem"), "secret.png: Input/output error"),
        Input(
            "bomb.png", lambda path: path.write_bytes(zeros(20000, 20000, 1, GREY)), "bomb.png has 20000x20000 pixels"
        ),
    ]
)
def test_metrics_command_refuses_an_odd_image_by_name(given: Input, folders: Path):
    given.make(folders / "fake" / given.name)
    one_line(answer("metrics", "real", "fake", *LITE, folder=folders).refusal, "generated: ", given.expected)


def test_metrics_command_ignores_file_names_and_junk(folders):
    plain = measured(folders)
    assert (plain["n_real"], plain["n_fake"]) == (4, 4)
    for i, name in enumerate([b"0\n.png", b"1\xff.png", b"2<script>.PNG", b"3.jpg"]):
        (folders / f"fake/{i}.png").rename(folders / "fake" / os.fsdecode(name))
    for name in ("._0.png", "Thumbs.db", ".hidden.jpg"):
        (folders / "fake" / name).write_bytes(b"left behind")
    assert measured(folders) == plain


def measured(folders: Path) -> dict[str, Any]:
    result = answer("metrics", "real", "fake", *LITE, folder=folders)
    assert result.exit_code == 0, result.text
    return json.loads(result.text.partition("real images")[0])
