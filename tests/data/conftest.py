"""What the tests of data share: zips of images, a folder to work in, and a server that is asked again at once."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixcycle.data import download
from pixcycle.data.locations import fetch
from pixcycle.schema import Source
from tests.servers import Server, serving


def zip_of_images(file: Path, files: dict[str, np.ndarray | bytes]) -> Path:
    """Pack {path in the archive: pixels of an image, or the content of another file}."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content if isinstance(content, bytes) else _encoded(path, content))
    return file


def _encoded(path: str, pixels: np.ndarray) -> bytes:
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "PNG" if path.lower().endswith(".png") else "JPEG")
    return written.getvalue()


def fetch_zips(raw: Path, *files: Path) -> Path:
    """The raw folder of a dataset called tiny, fetched from archives on this disk."""
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
