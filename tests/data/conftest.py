"""Shared by the tests of data: zips of images, a temporary project folder, and a server without retry delays."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixcycle.data.fetch import download
from pixcycle.data.fetch.locations import fetch
from pixcycle.params.dataset import Source
from tests.support.servers import Server, serving


def zip_of_images(file: Path, files: dict[str, np.ndarray | bytes]) -> Path:
    """Write a zip of {path in the archive: pixels of an image, or bytes of another file} and return its path."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content if isinstance(content, bytes) else _encoded(path, content))
    return file


def _encoded(path: str, pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG" if path.lower().endswith(".png") else "JPEG")
    return file.getvalue()


def fetch_zips(raw: Path, *files: Path) -> Path:
    """Fetch a dataset called tiny from local archives, and return its raw folder."""
    sources = [Source(locations=[str(file)]) for file in files]
    fetch("tiny", sources, raw, mirror=None, recorded=raw.with_name("recorded.json"), progress=False)
    return raw


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    monkeypatch.setattr(download, "SECONDS_BETWEEN_TRIES", 0)
    with serving(Server()) as server:
        yield server


@pytest.fixture
def in_a_project_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
