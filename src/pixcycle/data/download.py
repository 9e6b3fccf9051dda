"""One file over HTTP: resumed where a connection was lost, with progress on a terminal or in lines."""

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

from pixcycle.errors import UserError
from pixcycle.files import read_json, write_json
from pixcycle.room import Measured, room_for

PIECE = 1 << 18
TIMEOUTS = (10, 60)
"""Seconds to connect, and between two pieces."""
FRUITLESS_TRIES = 3
"""So many connections in a row that bring a download no further end it."""
SECONDS_BETWEEN_TRIES = 2.0
SECONDS_BETWEEN_LOOKS = 300.0
SLOWEST = 1000
"""Bytes a second, on average between two looks, below which a download would take weeks and is given up."""
LARGEST = 100_000_000_000
"""Bytes of a file whose size nobody declared; ten times what the largest in params.yaml has."""
SECONDS_BETWEEN_LINES = 5

SIZE = re.compile("[0-9]{1,20}")

Show = Callable[[int, int | None], None]
"""Told how many bytes of a download are here, and how many it has where the server says so."""


def download(url: str, to: Path, *, title: str, progress: bool, largest: int | None = None) -> None:
    """Download a file, going on from what is in `to` already, over several connections if need be.

    What the server says about the file is kept beside it, in TO.server.
    title: what precedes the progress, which is told on stderr if `progress`. largest: bytes that it may have; LARGEST
    where that is not known, and where the server does not know it either, what leaves a twentieth of the disk free.
    Raises UserError when the server answers with an error, sends more than that, or hardly anything, or leads to
    another kind of address, or when several connections in a row bring nothing more.
    What arrived before that stays, and the next call goes on from it.
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    with _shown(title, progress) as show:
        _in_fair_time(lambda heard: _until_whole(url, to, heard, largest), show)


def _in_fair_time(work: Callable[[Show], None], show: Show) -> None:
    """Do the work, which tells what has arrived, unless that is too little: whatever it is that the server delays."""
    ended: SimpleQueue[BaseException | None] = SimpleQueue()
    received = here = 0
    given_up = False

    def heard(now: int, size: int | None) -> None:
        nonlocal received, here
        if given_up:
            raise SystemExit
        received, here = received + max(0, now - here), now
        show(now, size)

    def worker() -> None:
        try:
            ended.put(work(heard))
        except BaseException as error:
            ended.put(error)

    Thread(target=worker, daemon=True).start()
    while True:
        before = received
        try:
            error = ended.get(timeout=SECONDS_BETWEEN_LOOKS)
        except Empty:
            if received - before < SLOWEST * SECONDS_BETWEEN_LOOKS:
                given_up = True
                raise UserError(f"the server sent {received - before} bytes in {SECONDS_BETWEEN_LOOKS:g} s") from None
        else:
            if error:
                raise error
            return


def _until_whole(url: str, to: Path, show: Show, largest: int | None) -> None:
    furthest, fruitless = _size(to), 0
    while True:
        try:
            return _go_on(url, to, show, largest)
        except InvalidSchema as error:
            raise UserError("the server leads to an address that is neither http:// nor https://") from error
        except ValueError as error:
            raise UserError(f"there is no such address, or the server leads to none ({error})") from error
        except TooManyRedirects as error:
            raise UserError("the server leads from one address to the next without end") from error
        except (requests.ConnectionError, requests.Timeout, HTTPError) as error:
            here = _size(to)
            fruitless = 0 if here > furthest else fruitless + 1
            furthest = max(furthest, here)
            if fruitless == FRUITLESS_TRIES:
                cause = getattr(error.args[0] if error.args else error, "reason", error)
                raise UserError(f"the connection failed or was lost after {here} bytes: {cause!s:.200}") from error
            time.sleep(SECONDS_BETWEEN_TRIES)


def _go_on(url: str, to: Path, show: Show, largest: int | None) -> None:
    """One connection: the rest of the file if the server can and still has the same one, else all of it."""
    note = to.with_name(f"{to.name}.server")
    known = _noted(note)
    here = _size(to)
    if here and here == known["size"]:
        return
    headers = {"Accept-Encoding": "identity"}
    if here and known["validator"]:
        headers |= {"Range": f"bytes={here}-", "If-Range": known["validator"]}
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUTS) as response:
        schemes = [hop.url.partition(":")[0] for hop in (*response.history, response)]
        if schemes[0] == "https" and "http" in schemes:
            raise UserError("the server leads from https:// to http://, where anybody may change what is sent")
        resumed = response.headers.get("Content-Range", "").startswith(f"bytes {here}-")
        resumed &= _of_server(response)["validator"] in (None, known["validator"])
        if response.status_code == 416 or (response.status_code == 206 and not resumed):
            to.unlink(missing_ok=True)
            raise HTTPError("the server sent another range than the one asked for")
        if response.status_code >= 400:
            raise UserError(f"the server answers {response.status_code} {response.reason}")
        if not resumed:
            to.unlink(missing_ok=True)
            here, known = 0, _of_server(response)
            write_json(note, known)
        most = largest or (LARGEST if known["size"] else min(LARGEST, here + _spare(to)))
        _refuse_more(known["size"] or 0, most, to)
        with room_for(to, known["size"] or 1), BufferedWriter(Measured(to, "ab")) as file:
            while piece := response.raw.read1(PIECE, decode_content=False):  # what is there, not what will be
                file.write(piece)
                here += len(piece)
                _refuse_more(here, most, to)
                show(here, known["size"])
    if known["size"] not in (None, here):
        raise HTTPError(f"the server sent {here} of {known['size']} bytes")


def _spare(to: Path) -> int:
    """Bytes of the disk that a file may take, so that others find room, too."""
    disk = shutil.disk_usage(to.parent)
    return disk.free - disk.total // 20


def _refuse_more(size: int, most: int, to: Path) -> None:
    if size > most:
        to.unlink(missing_ok=True)
        raise UserError(f"the server sends more than the {most} bytes that are expected")


def _of_server(response: requests.Response) -> dict[str, Any]:
    """What is needed to go on later: the size of the file, and what changes when it does (RFC 9110)."""
    etag = response.headers.get("ETag", "W/")
    validator = response.headers.get("Last-Modified") if etag.startswith("W/") else etag
    size = response.headers.get("Content-Length", "")
    return {"validator": validator, "size": int(size) if SIZE.fullmatch(size) else None}


def _noted(note: Path) -> dict[str, Any]:
    """What the server said; nothing, so that all is asked for again, where the note is damaged."""
    with suppress(FileNotFoundError, ValueError):
        match read_json(note):
            case {"validator": str() | None, "size": int() | None} as known:
                return known
    return {"validator": None, "size": None}


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


@contextmanager
def _shown(title: str, progress: bool) -> Iterator[Show]:
    """A bar on a terminal; elsewhere a line for each tenth, and one whenever some seconds have passed."""
    if not progress:
        yield lambda here, size: None
    elif sys.stderr.isatty():
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
            shown = bar.add_task(title, total=None)
            yield lambda here, size: bar.update(shown, completed=here, total=size)
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
