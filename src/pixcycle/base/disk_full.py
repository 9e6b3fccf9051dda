"""Errors for a full disk that name the file and how much space it lacks."""

import errno
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from pixcycle.base.errors import UserError

FULL = {errno.ENOSPC, errno.EDQUOT}


class DiskFull(UserError):
    """Error raised when there is no disk space for a file."""


@contextmanager
def room_for(path: Path, size: int = 1, written_at: Path | None = None) -> Iterator[None]:
    """Raise DiskFull, naming the file and the space it lacks, if the disk fills up inside the block.

    This includes errors that a library raises in response to the error of the operating system.

    Parameters
    ----------
    path
        The file, as the error names it.
    size
        Minimum size of the complete file in bytes.
    written_at
        Where the file is written, if not at `path`.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        if not (full := _full(error)):
            raise
        lack = _lack(written_at or path, max(size, getattr(full, "asked", 0)))
        raise DiskFull(f"{full.filename2 or full.filename or path}: {lack} and run the same command again") from error


def has_room(path: Path) -> bool:
    """Return whether the disk of an existing or future file has a free block."""
    return _disk_of(path).f_bavail > 0


class Measured(FileIO):
    """A file whose write errors have an attribute `asked`: the minimum size of the complete file in bytes."""

    def write(self, data) -> int:
        try:
            return super().write(data)
        except OSError as error:
            error.asked = self.tell() + len(data)
            raise


def _full(error: BaseException | None) -> OSError | None:
    """Return the error in a chain of causes that says that the disk is full or the quota used up; None if none does."""
    while error and not (isinstance(error, OSError) and error.errno in FULL):
        error = error.__cause__ or error.__context__
    return error


def _lack(path: Path, size: int) -> str:
    """Say what to free on a file's disk, so that the file can grow to `size` bytes in whole blocks."""
    disk = _disk_of(path)
    occupied = path.stat().st_blocks * 512 if path.is_file() else 0
    missing = math.ceil(size / disk.f_frsize) * disk.f_frsize - occupied - disk.f_bavail * disk.f_frsize
    if missing > 0:
        return f"the disk is full; free at least {_megabytes(missing)} MB"
    if disk.f_files and not disk.f_favail:
        return "the disk has reached its maximum number of files; remove some"
    return f"the disk is full, or your quota on it is used up; free at least {_megabytes(size)} MB"


def _disk_of(path: Path) -> os.statvfs_result:
    return os.statvfs(next(folder for folder in path.absolute().parents if folder.exists()))


def _megabytes(size: int) -> str:
    """Return bytes as megabytes, rounded up to kilobytes."""
    return f"{math.ceil(size / 1000) / 1000:.3f}"
