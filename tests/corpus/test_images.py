"""Tests of `fetch` and `prepare` with one odd image among good ones."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from pixcycle.base.errors import UserError
from pixcycle.data.decode import decode
from pixcycle.data.fetch.digest import folder_digest
from tests.corpus.encoded import png_of
from tests.corpus.form import Input, each, one_line
from tests.corpus.images import BOMBS, IMAGES, NO_FILES
from tests.corpus.pictures import QUARTERS
from tests.corpus.projects import Project

NOBODY = 65534


@pytest.fixture
def project(tmp_path) -> Project:
    """An unpaired project with one good image in each folder."""
    project = Project(tmp_path, "domains")
    for folder in ("trainA", "trainB", "valA", "valB"):
        (project.own / folder).mkdir(parents=True)
        (project.own / folder / "good.png").write_bytes(png_of(QUARTERS))
    return project


@each(IMAGES + NO_FILES + BOMBS)
def test_prepare_reads_an_odd_image_exactly_or_refuses_it_by_name(given: Input, project: Project):
    odd = add_odd_image(given, project)
    result = project.plan_and_prepare() if given in NO_FILES else project.prepare()
    assert "Warning" not in result.text
    if isinstance(given.expected, str):
        one_line(result.refusal, f"domains/trainA/{odd.name}", given.expected)
        assert not list(project.folder.glob("prepared*"))
    else:
        assert result.exit_code == 0, result.text
        good, decoded = project.array("train", "A").astype(float)
        np.testing.assert_array_equal(good, QUARTERS)
        expected = np.broadcast_to(given.expected.values, decoded.shape)
        expected = np.where(np.isnan(expected), decoded, expected)
        np.testing.assert_allclose(decoded, expected, rtol=0, atol=given.expected.within)
        turned = {"A": {"total": 1, "names": ["train/odd"]}, "B": {"total": 0, "names": []}}
        assert project.manifest()["card"]["turned"] == (turned if given.expected.turned else {})


def test_decode_and_folder_digest_name_an_unreadable_image():
    """Files are read both when a plan is computed (`folder_digest`) and when images are decoded (`decode`)."""
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        secret = Path(place) / "secret.png"
        secret.write_bytes(png_of(QUARTERS))
        secret.chmod(0)
        with as_nobody():
            for read in (lambda: folder_digest(Path(place), cache=None), lambda: decode("tiny", secret)):
                with pytest.raises(UserError, match=r"secret\.png: .*Permission denied"):
                    read()


@contextmanager
def as_nobody() -> Iterator[None]:
    """Drop root, who may read everything, within the block."""
    before = os.geteuid()
    os.seteuid(before or NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


def add_odd_image(given: Input, project: Project) -> Path:
    odd = project.own / "trainA" / ("odd.jpg" if "JPEG" in given.name or ".jpg" in given.name else "odd.png")
    given.make(odd)
    return odd
