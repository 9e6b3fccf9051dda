"""Room on a disk: which file found none, and how much is missing."""

import errno
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from pixcycle.errors import UserError

FULL = {errno.ENOSPC, errno.EDQUOT}


class DiskFull(UserError):
    """There is no room for a file."""


@contextmanager
def room_for(path: Path, size: int = 1, written_at: Path | None = None) -> Iterator[None]:
    """Answer a full disk in the block as DiskFull, which names the file and how much room it lacks.

    size: bytes that the file is to have at least. written_at: where it is written, if not at `path`.
    What libraries raise over the disk's error is understood, too, if they write to an opened file.
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
    """Whether the disk that a file is on, or would be, has a block that is free."""
    return _disk_of(path).f_bavail > 0


class Measured(FileIO):
    """A file whose error says in `asked` how many bytes it was to have at least."""

    def write(self, data) -> int:
        try:
            return super().write(data)
        except OSError as error:
            error.asked = self.tell() + len(data)
            raise


def _full(error: BaseException | None) -> OSError | None:
    """The error of a full disk, or of a quota that is used up, that an error is or comes from."""
    while error and not (isinstance(error, OSError) and error.errno in FULL):
        error = error.__cause__ or error.__context__
    return error


def _lack(path: Path, size: int) -> str:
    """What to free on a file's disk, in whole blocks; those that a part of the file takes already are had."""
    disk = _disk_of(path)
    here = path.stat().st_blocks * 512 if path.is_file() else 0
    missing = math.ceil(size / disk.f_frsize) * disk.f_frsize - here - disk.f_bavail * disk.f_frsize
    if missing > 0:
        return f"the disk is full; free at least {_megabytes(missing)} MB"
    if disk.f_files and not disk.f_favail:
        return "the disk holds as many files as it can; remove some"
    return f"the disk is full, or your quota of it is used up; free at least {_megabytes(size)} MB"


def _disk_of(path: Path) -> os.statvfs_result:
    return os.statvfs(next(folder for folder in path.absolute().parents if folder.exists()))


def _megabytes(size: int) -> str:
    """Rounded up to kilobytes."""
    return f"{math.ceil(size / 1000) / 1000:.3f}"
