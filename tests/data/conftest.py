"""What the tests of data share: zips of images, and a server that loses connections, lies about ranges and hangs."""

import io
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixcycle.config import Source
from pixcycle.data import download
from pixcycle.data.locations import fetch

PAGE = b"<!DOCTYPE html><html><title>Not here any more</title></html>"


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


class Server(ThreadingHTTPServer):
    """Serves what `put` was given, and remembers what was asked for and how many bytes it sent."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.pages: dict[str, Callable[[Answer], None]] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.sent = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def put(
        self,
        path: str,
        body: bytes,
        status: int = 200,
        etag: str | None = '"1"',
        ranges: bool = True,
        sized: bool = True,
        lose_after: list[int] | None = None,
        stall: bool = False,
    ) -> str:
        """Serve `body` at `path`; returns the address.

        lose_after: bytes after which each of the first connections is lost. stall: hang there instead.
        """
        self.pages[path] = partial(
            Answer.answer, body=body, status=status, etag=etag, ranges=ranges, sized=sized,
            lose_after=lose_after if lose_after is not None else [], stall=stall,
        )  # fmt: skip
        return self.address + path


class Answer(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        self.server.asked.append((self.path, self.headers["Range"]))
        self.server.pages.get(self.path, partial(Answer.answer, body=PAGE, status=404))(self)

    def answer(self, body, status=200, etag=None, ranges=False, sized=True, lose_after=(), stall=False):
        start = 0
        asked = self.headers["Range"]
        if ranges and asked and self.headers["If-Range"] in (etag, None):
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            status = 206 if start < len(body) else 416
        self.send_response(status)
        if etag:
            self.send_header("ETag", etag)
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        if sized:
            self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        end = lose_after.pop(0) if lose_after else len(body)
        self.server.sent += len(body[start:end])  # before the client can look
        self.wfile.write(body[start:end])
        self.wfile.flush()
        if stall and end < len(body):
            time.sleep(60)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    monkeypatch.setattr(download, "SECONDS_BETWEEN_TRIES", 0)
    with Server() as server:
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()
