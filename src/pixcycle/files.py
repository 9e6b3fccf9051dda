"""Files and folders: those that appear whole or not at all, and those that a location names."""

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

from pixcycle.alone import locked, only_one
from pixcycle.errors import UserError
from pixcycle.room import Measured, room_for


class NotJson(UserError, ValueError):
    """A file that should be JSON is not, or holds what counts as a number for Python alone: NaN or infinity."""


def write_json(path: Path, value: Any) -> None:
    """Write JSON. Raises NotJson, naming the place in it, for NaN and infinity, as JSON has neither."""
    try:
        text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    except ValueError:
        raise NotJson(f"{path}: {_not_finite(value)} would be no finite number, which JSON cannot hold") from None
    write_bytes(path, f"{text}\n".encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file that appears whole, as `whole_file` does."""
    with whole_file(path) as file:
        file.write(content)


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to, `PATH.part`, that is on the disk and renamed to `path` when the block ends well.

    Several processes may write the same file: one after another. Raises DiskFull, and leaves what is at `path`.
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
        _flush(path.parent)


def write_here(path: Path, content: bytes) -> None:
    """Write a file below a `finished_folder`, which flushes all of them at once. Raises DiskFull."""
    with room_for(path, len(content)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def part(path: Path) -> Path:
    """Where a file or folder is made before it appears under its name."""
    return path.with_name(f"{path.name}.part")


def read_json(path: Path, *fields: str) -> Any:
    """What a JSON file says.

    fields: what it must have, at least. Raises NotJson, naming the file, and of a number that is not finite its place.
    """
    odd = []

    def number(text: str) -> float:
        value = float(text)
        if not math.isfinite(value):  # NaN, Infinity and 1e999, which Python reads, and no one else
            odd.append(text)
        return value

    try:
        value = json.loads(path.read_text(), parse_float=number, parse_constant=number)
    except (ValueError, RecursionError) as error:
        raise NotJson(f"{path}: is not valid JSON ({error})") from None
    if odd:
        raise NotJson(f"{path}: {_not_finite(value)} is {odd[0]}, which is no finite number")
    if fields and not (isinstance(value, dict) and value.keys() >= set(fields)):
        raise NotJson(f"{path}: is damaged, it does not say {' or '.join(fields)}; remove it, or its folder")
    return value


def _not_finite(value: Any, place: str = "") -> str:
    """Where in a JSON-like value the first NaN or infinity stands, as `metrics.b_to_a.fid`; empty if there is none."""
    if isinstance(value, float) and not math.isfinite(value):
        return place or "it"
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    return next(filter(None, (_not_finite(part, f"{place}.{key}".lstrip(".")) for key, part in parts)), "")


def local_path(location: str, root: Path = Path()) -> Path | None:
    """The file or folder that a location means on this machine; None for other addresses."""
    if location.startswith("file://"):
        return Path(unquote(location.removeprefix("file://").removeprefix("localhost")))
    if "://" in location or location.startswith("package:"):
        return None
    return root / Path(location).expanduser()


@contextmanager
def finished_folder(out: Path, keep_work: bool = False) -> Iterator[Path]:
    """A folder to work in, `OUT.part`, that is on the disk and renamed to `out` when the block ends well.

    keep_work: after a failure leave OUT.part, for the next call to go on from; otherwise remove it.
    Raises UserError if another process makes this folder, and DiskFull.
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
    """Rename a flushed file or folder to `out`; a folder that is there loses its name first, then goes."""
    gone = out.with_name(f"{out.name}.gone.part")
    if out.is_dir():
        shutil.rmtree(gone, ignore_errors=True)
        os.replace(out, gone)
    os.replace(made, out)
    _flush(out.parent)
    shutil.rmtree(gone, ignore_errors=True)


def _flush(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def flush_all_below(folder: Path) -> None:
    """Bring a folder's files to the disk, with all else on it: to flush each of many takes 15 times as long."""
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        return os.sync()
    opened = os.open(folder, os.O_RDONLY)
    try:
        if syncfs(opened):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(folder))
    finally:
        os.close(opened)
