"""Download one file over HTTP, resuming lost connections, with progress as a bar or in lines."""

import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedWriter
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import requests
from requests.exceptions import InvalidSchema, TooManyRedirects
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from urllib3.exceptions import HTTPError

from pixcycle.base.disk_full import Measured, room_for
from pixcycle.base.errors import UserError
from pixcycle.base.files import read_json, write_json

PIECE = 1 << 18
"""Maximum number of bytes that are read at a time."""
TIMEOUTS = (10, 60)
"""Seconds to wait for a connection, and for each piece."""
FRUITLESS_TRIES = 3
"""Connections in a row without new bytes after which a download fails."""
SECONDS_BETWEEN_TRIES = 2.0
SECONDS_BETWEEN_LOOKS = 300.0
"""Interval over which the speed of a download is measured."""
SLOWEST = 1000
"""Bytes per second in such an interval below which a download, which would take weeks, is abandoned."""
LARGEST = 100_000_000_000
"""Maximum size in bytes of a file of undeclared size: ten times the largest file in params.yaml."""
SECONDS_BETWEEN_LINES = 5

SIZE = re.compile("[0-9]{1,20}")

Show = Callable[[int, int | None], None]
"""Called with the bytes received so far, and with the size of the file or None if the server does not send it."""


def download(url: str, to: Path, *, title: str, progress: bool, largest: int | None = None) -> None:
    """Download a file, continuing what `to` already has, over several connections if needed.

    The size and validator that the server sent are kept in TO.server.

    Parameters
    ----------
    title
        Text before the progress.
    progress
        Show progress on stderr.
    largest
        Maximum size of the file in bytes. By default LARGEST; if the server does not send a size either, at least a
        twentieth of the disk stays free.

    Raises
    ------
    UserError
        If the server returns an error, sends more than `largest` bytes or hardly any, or redirects to an address that
        is not HTTP, or if several connections in a row bring no new bytes. After a failed connection or an error
        response the received bytes are kept, and the next call continues from them.
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    with _progress(title, progress) as show:
        _abandon_if_slow(lambda report: _until_complete(url, to, report, largest), show)


def _abandon_if_slow(work: Callable[[Show], None], show: Show) -> None:
    """Run `work`, which reports the bytes received, in a thread; abandon it if it is too slow, whatever the cause."""
    ended: SimpleQueue[BaseException | None] = SimpleQueue()
    received = here = 0
    abandoned = False

    def report(now: int, size: int | None) -> None:
        nonlocal received, here
        if abandoned:
            raise SystemExit
        received, here = received + max(0, now - here), now
        show(now, size)

    def worker() -> None:
        try:
            ended.put(work(report))
        except BaseException as error:
            ended.put(error)

    Thread(target=worker, daemon=True).start()
    while True:
        before = received
        try:
            error = ended.get(timeout=SECONDS_BETWEEN_LOOKS)
        except Empty:
            if received - before < SLOWEST * SECONDS_BETWEEN_LOOKS:
                abandoned = True
                sent = received - before
                raise UserError(f"the server sent only {sent} bytes in {SECONDS_BETWEEN_LOOKS:g} s") from None
        else:
            if error:
                raise error
            return


def _until_complete(url: str, to: Path, show: Show, largest: int | None) -> None:
    furthest, fruitless = _size(to), 0
    while True:
        try:
            return _resume(url, to, show, largest)
        except InvalidSchema as error:
            raise UserError("the server redirects to an address that is neither http:// nor https://") from error
        except ValueError as error:
            raise UserError(f"the address, or one that the server redirects to, is not valid ({error})") from error
        except TooManyRedirects as error:
            raise UserError("the server redirects from one address to the next without end") from error
        except (requests.ConnectionError, requests.Timeout, HTTPError) as error:
            here = _size(to)
            fruitless = 0 if here > furthest else fruitless + 1
            furthest = max(furthest, here)
            if fruitless == FRUITLESS_TRIES:
                cause = getattr(error.args[0] if error.args else error, "reason", error)
                raise UserError(f"the connection failed or was lost after {here} bytes: {cause!s:.200}") from error
            time.sleep(SECONDS_BETWEEN_TRIES)


def _resume(url: str, to: Path, show: Show, largest: int | None) -> None:
    """Download the rest of a file over one connection, or all of it if the server cannot resume or has a new file."""
    note = to.with_name(f"{to.name}.server")
    state = _read_state(note)
    here = _size(to)
    if here and here == state["size"]:
        return
    headers = {"Accept-Encoding": "identity"}
    if here and state["validator"]:
        headers |= {"Range": f"bytes={here}-", "If-Range": state["validator"]}
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUTS) as response:
        schemes = [hop.url.partition(":")[0] for hop in (*response.history, response)]
        if schemes[0] == "https" and "http" in schemes:
            raise UserError("the server redirects from https:// to http://, where anybody can change the data")
        resumed = response.headers.get("Content-Range", "").startswith(f"bytes {here}-")
        resumed &= _state(response)["validator"] in (None, state["validator"])
        if response.status_code == 416 or (response.status_code == 206 and not resumed):
            to.unlink(missing_ok=True)
            raise HTTPError("the server sent a different range from the one requested")
        if response.status_code >= 400:
            raise UserError(f"the server answers {response.status_code} {response.reason}")
        if not resumed:
            to.unlink(missing_ok=True)
            here, state = 0, _state(response)
            write_json(note, state)
        most = largest or (LARGEST if state["size"] else min(LARGEST, here + _spare(to)))
        _refuse_more(state["size"] or 0, most, to)
        with room_for(to, state["size"] or 1), BufferedWriter(Measured(to, "ab")) as file:
            while piece := response.raw.read1(PIECE, decode_content=False):  # returns what has arrived, does not wait
                file.write(piece)
                here += len(piece)
                _refuse_more(here, most, to)
                show(here, state["size"])
    if state["size"] not in (None, here):
        raise HTTPError(f"the server sent {here} of {state['size']} bytes")


def _spare(to: Path) -> int:
    """Return the bytes of the disk that a file may fill, so that a twentieth of it stays free."""
    disk = shutil.disk_usage(to.parent)
    return disk.free - disk.total // 20


def _refuse_more(size: int, most: int, to: Path) -> None:
    if size > most:
        to.unlink(missing_ok=True)
        raise UserError(f"the server sends more than the {most} bytes that are expected")


def _state(response: requests.Response) -> dict[str, Any]:
    """Return what resuming needs: the size of the file, and its validator, which changes with it (RFC 9110)."""
    etag = response.headers.get("ETag", "W/")
    validator = response.headers.get("Last-Modified") if etag.startswith("W/") else etag
    size = response.headers.get("Content-Length", "")
    return {"validator": validator, "size": int(size) if SIZE.fullmatch(size) else None}


def _read_state(note: Path) -> dict[str, Any]:
    """Return the recorded state; an empty one, so that the whole file is requested, if it is missing or damaged."""
    with suppress(FileNotFoundError, ValueError):
        match read_json(note):
            case {"validator": str() | None, "size": int() | None} as state:
                return state
    return {"validator": None, "size": None}


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


@contextmanager
def _progress(title: str, progress: bool) -> Iterator[Show]:
    """Show a bar on a terminal; elsewhere print a line for each tenth, and one every few seconds."""
    if not progress:
        yield lambda here, size: None
    elif sys.stderr.isatty():
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
            task = bar.add_task(title, total=None)
            yield lambda here, size: bar.update(task, completed=here, total=size)
    else:
        yield _lines(title)


def _lines(title: str) -> Show:
    last = (time.monotonic(), 0)

    def show(here: int, size: int | None) -> None:
        nonlocal last
        now = time.monotonic()
        tenth = size and (here - last[1] >= size / 10 or here == size)
        if tenth or now - last[0] >= SECONDS_BETWEEN_LINES:
            last = now, here
            of = f" of {size / 1e6:.1f}" if size else ""
            print(f"{title}  {here / 1e6:.1f}{of} MB", file=sys.stderr, flush=True)

    return show
