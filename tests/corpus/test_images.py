"""What the commands answer to one odd image among good ones."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from pixcycle.data.decode import decode
from pixcycle.data.digest import folder_digest
from pixcycle.errors import UserError
from tests.corpus.encoded import png_of
from tests.corpus.form import Input, each, one_line
from tests.corpus.images import BOMBS, IMAGES, NO_FILES
from tests.corpus.pictures import QUARTERS
from tests.corpus.projects import Project

NOBODY = 65534


@pytest.fixture
def project(tmp_path) -> Project:
    """Unpaired, one good image in each folder."""
    project = Project(tmp_path, "domains")
    for folder in ("trainA", "trainB", "valA", "valB"):
        (project.own / folder).mkdir(parents=True)
        (project.own / folder / "good.png").write_bytes(png_of(QUARTERS))
    return project


@each(IMAGES + NO_FILES + BOMBS)
def test_an_odd_image_is_read_pixel_for_pixel_or_refused_by_name_with_nothing_half_made(given: Input, project: Project):
    odd = made(given, project)
    told = project.plan_and_prepare() if given in NO_FILES else project.prepare()
    assert "Warning" not in told.text
    if isinstance(given.expected, str):
        one_line(told.refusal, f"domains/trainA/{odd.name}", given.expected)
        assert not list(project.folder.glob("prepared*"))
    else:
        assert told.exit_code == 0, told.text
        good, found = project.array("train", "A").astype(float)
        np.testing.assert_array_equal(good, QUARTERS)
        wanted = np.broadcast_to(given.expected.values, found.shape)
        wanted = np.where(np.isnan(wanted), found, wanted)
        np.testing.assert_allclose(found, wanted, rtol=0, atol=given.expected.within)
        turned = {"A": {"total": 1, "names": ["train/odd"]}, "B": {"total": 0, "names": []}}
        assert project.manifest()["card"].get("turned") == (turned if given.expected.turned else None)


def test_an_image_that_may_not_be_read_is_refused_by_name():
    """Where a plan is made, and where images are decoded."""
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
    """Not as root, who may read everything."""
    before = os.geteuid()
    os.seteuid(before or NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


def made(given: Input, project: Project) -> Path:
    odd = project.own / "trainA" / ("odd.jpg" if "JPEG" in given.name or ".jpg" in given.name else "odd.png")
    given.make(odd)
    return odd
