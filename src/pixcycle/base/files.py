"""Write files and folders that appear complete or not at all; read JSON; resolve locations to local paths."""

import ctypes
import json
import math
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedWriter
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote

from pixcycle.base.disk_full import Measured, room_for
from pixcycle.base.errors import UserError
from pixcycle.base.file_lock import locked, only_one


class NotJson(UserError, ValueError):
    """Error for a file that is not valid JSON, or holds NaN or infinity, which only Python accepts as numbers."""


def write_json(path: Path, value: Any) -> None:
    """Write JSON. Raise NotJson, naming the place, for NaN and infinity, which JSON cannot represent."""
    try:
        text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    except ValueError:
        raise NotJson(f"{path}: {_not_finite(value)} is not a finite number, which JSON cannot hold") from None
    write_bytes(path, f"{text}\n".encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file that appears complete or not at all, through `whole_file`."""
    with whole_file(path) as file:
        file.write(content)


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Yield `PATH.part` to write to; if the block succeeds, flush it to the disk and rename it to `path`.

    Processes that write the same file take turns. On failure the file at `path` stays as it is.

    Raises
    ------
    DiskFull
        If the file does not fit on the disk.
    """
    beside = part(path)
    with room_for(path, written_at=beside):
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(beside) as lock:
            try:
                lock.seek(0)
                lock.truncate()
                with BufferedWriter(Measured(lock.fileno(), "wb", closefd=False)) as file:
                    yield file
                os.fsync(lock.fileno())
                os.replace(beside, path)
            except BaseException:
                beside.unlink(missing_ok=True)
                raise
        flush(path.parent)


def write_here(path: Path, content: bytes) -> None:
    """Write a file inside a `finished_folder`, which flushes all its files at once. Raise DiskFull on a full disk."""
    with room_for(path, len(content)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def part(path: Path) -> Path:
    """Return where a file or folder is built before it is renamed to `path`."""
    return path.with_name(f"{path.name}.part")


def read_json(path: Path, *fields: str) -> Any:
    """Return the content of a JSON file.

    Parameters
    ----------
    fields
        Keys that the content must have, among others.

    Raises
    ------
    NotJson
        If the file is not JSON, lacks a field or holds a number that is not finite; the message names the file and the
        place of the number.
    """
    not_finite = []

    def number(text: str) -> float:
        value = float(text)
        if not math.isfinite(value):  # NaN, Infinity and 1e999, which only Python reads
            not_finite.append(text)
        return value

    try:
        value = json.loads(path.read_text(), parse_float=number, parse_constant=number)
    except (ValueError, RecursionError) as error:
        raise NotJson(f"{path}: is not valid JSON ({error})") from None
    if not_finite:
        raise NotJson(f"{path}: {_not_finite(value)} is {not_finite[0]}, which is not a finite number")
    if fields and not (isinstance(value, dict) and value.keys() >= set(fields)):
        raise NotJson(f"{path}: is damaged: it lacks {' or '.join(fields)}; remove it, or its folder")
    return value


def _not_finite(value: Any, place: str = "") -> str:
    """Return the place of the first NaN or infinity in a JSON-like value, as `metrics.b_to_a.fid`; empty if none."""
    if isinstance(value, float) and not math.isfinite(value):
        return place or "it"
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    return next(filter(None, (_not_finite(part, f"{place}.{key}".lstrip(".")) for key, part in parts)), "")


def local_path(location: str, root: Path = Path()) -> Path | None:
    """Return the file or folder that a location names on this machine; None for other addresses."""
    if location.startswith("file://"):
        return Path(unquote(location.removeprefix("file://").removeprefix("localhost")))
    if "://" in location or location.startswith("package:"):
        return None
    return root / Path(location).expanduser()


@contextmanager
def finished_folder(out: Path, keep_work: bool = False) -> Iterator[Path]:
    """Yield the folder `OUT.part` to work in; if the block succeeds, flush it to the disk and rename it to `out`.

    Parameters
    ----------
    keep_work
        Keep OUT.part after a failure, so that the next call continues from it; otherwise remove it.

    Raises
    ------
    UserError
        If another process is building this folder.
    DiskFull
        If a file does not fit on the disk.
    """
    work = part(out)
    with only_one(out), room_for(work):
        if not keep_work:
            shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True, exist_ok=True)
        try:
            yield work
            flush_all_below(work)
        except BaseException:
            if not keep_work:
                shutil.rmtree(work, ignore_errors=True)
            raise
        put(work, out)


def put(made: Path, out: Path) -> None:
    """Rename a flushed file or folder to `out`; a folder already there is renamed first, and removed afterwards."""
    gone = out.with_name(f"{out.name}.gone.part")
    if out.is_dir():
        shutil.rmtree(gone, ignore_errors=True)
        os.replace(out, gone)
    os.replace(made, out)
    flush(out.parent)
    shutil.rmtree(gone, ignore_errors=True)


def flush(path: Path) -> None:
    """Flush a file, or the list of names in a folder, to the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def flush_all_below(folder: Path) -> None:
    """Flush a folder's whole file system to the disk: flushing many files one by one takes 15 times as long."""
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        return os.sync()
    opened = os.open(folder, os.O_RDONLY)
    try:
        if syncfs(opened):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(folder))
    finally:
        os.close(opened)
