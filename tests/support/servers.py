"""Local HTTP servers: one for a folder, and one that can drop connections, ignore ranges and hang."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeVar

PAGE = b"<!DOCTYPE html><html><title>Not here any more</title></html>"
AnyServer = TypeVar("AnyServer", bound=HTTPServer)


@contextmanager
def serving(server: AnyServer) -> Iterator[AnyServer]:
    """Run a server in threads until the end of the block, without waiting for pending responses."""
    with server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the files of a folder and yield the address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))) as server:
        yield f"http://127.0.0.1:{server.server_port}"


class Server(ThreadingHTTPServer):
    """Server of the content passed to `put`; records requests and the number of bytes sent."""

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
        """Serve `body` at `path` and return the address.

        Parameters
        ----------
        lose_after
            Numbers of bytes after which the first connections are dropped, one per connection.
        stall
            Hang at that point instead of dropping the connection.
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
        requested = self.headers["Range"]
        if ranges and requested and self.headers["If-Range"] in (etag, None):
            start = int(requested.removeprefix("bytes=").removesuffix("-"))
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
        self.server.sent += len(body[start:end])  # before the client can read it
        self.wfile.write(body[start:end])
        self.wfile.flush()
        if stall and end < len(body):
            time.sleep(60)

    def log_message(self, *_):
        pass
