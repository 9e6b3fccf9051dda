"""File locks: one process builds a target at a time; the kernel releases a dead process's lock."""

import fcntl
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from pixcycle.base.disk_full import room_for
from pixcycle.base.errors import UserError

APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
"""For writing, as NFS locks no other files; not through a link to another file; and without waiting at a pipe."""
LOOKS = 5
"""Attempts to take a lock before giving up: `in_progress` and `in_use` also hold it for an instant."""


@contextmanager
def only_one(out: Path) -> Iterator[None]:
    """Keep other processes from building `out` inside the block; the kernel releases the lock if this process dies.

    On a file system without locks no process is kept out, and a warning goes to stderr.

    Raises
    ------
    UserError
        If another process holds the lock; the message names that process.
    """
    path, lock = _taken(out)
    with lock:
        try:
            with suppress(OSError):  # on a full disk the lock does not name this process
                lock.truncate(0)
                lock.write(f"process {os.getpid()} on {platform.node()}".encode())
            yield
        finally:
            path.unlink(missing_ok=True)


def in_progress(out: Path) -> bool:
    """Return whether a process is building a file or folder now."""
    return _is_locked(out, fcntl.LOCK_SH)


def _is_locked(out: Path, against: int) -> bool:
    try:
        with _lock(out).open("rb+") as lock:
            fcntl.flock(lock, against | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # no process ever did, or this file system has no locks
        return False
    return False


@contextmanager
def kept(out: Path) -> Iterator[None]:
    """Keep others from building or removing `out` inside the block, while any number of processes use it.

    Raises
    ------
    UserError
        If a process is building `out`.
    """
    path, lock = _taken(out, shared=True)
    with lock:
        try:
            lock.truncate(0)
            yield
        finally:
            with suppress(OSError):  # another process uses it as well
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()


def in_use(out: Path) -> bool:
    """Return whether a process is building a file or folder, or keeps it."""
    return _is_locked(out, fcntl.LOCK_EX)


def locked(path: Path, wait: bool = True, shared: bool = False) -> IO[bytes]:
    """Open a file for writing, locked for this process until it is closed; the holder may rename or remove the file.

    Parameters
    ----------
    wait
        Wait for another process that holds the lock.
    shared
        Let other processes share the lock.

    Raises
    ------
    BlockingIOError
        If another process holds the lock and `wait` is False.
    DiskFull
        If the file cannot be created.
    """
    while True:
        with room_for(path):
            file = os.fdopen(os.open(path, APPEND, 0o666), "ab", buffering=0)
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            file.close()
            raise
        except OSError:
            if not wait:
                print(f"pixcycle: no file locks in {path.parent}: never run this twice at once", file=sys.stderr)
            return file
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        file.close()


def _taken(out: Path, shared: bool = False) -> tuple[Path, IO[bytes]]:
    """Take the lock of a target, and return its path and the open file."""
    path = _lock(out)
    path.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(LOOKS):
        with suppress(BlockingIOError):
            return path, locked(path, wait=False, shared=shared)
        time.sleep(0.1)
    with suppress(OSError):
        if builder := path.read_text():
            raise UserError(f"{out}: is already being made by {builder}; wait until it is done, or stop it")
    raise UserError(f"{out}: is in use by another process; wait until it is done, or stop it")


def _lock(out: Path) -> Path:
    """Return the lock of a target, beside it: the folder in which it is built is renamed."""
    return out.with_name(f"{out.name}.lock.part")
