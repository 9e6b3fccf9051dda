"""One process at a time makes a file or folder; of the others the kernel knows whether the one still lives."""

import fcntl
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from pixcycle.errors import UserError
from pixcycle.room import room_for

LOOKS = 5
"""At a lock that is held: `in_progress` holds it for an instant, too."""


@contextmanager
def only_one(out: Path) -> Iterator[None]:
    """Keep other processes from making `out` for the length of the block; the kernel lets go of it when we die.

    Raises UserError, which says who has it, if another process does. Where the file system knows no locks, nobody is
    kept from anything, and stderr says so.
    """
    path = _lock(out)
    path.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(LOOKS):
        with suppress(BlockingIOError):
            lock = locked(path, wait=False)
            break
        time.sleep(0.1)
    else:
        raise UserError(f"{out}: is being made already{_by_whom(path)}; wait for that, or stop it first")
    with lock:
        try:
            with suppress(OSError):  # on a full disk nobody learns who we are
                lock.truncate(0)
                lock.write(f"process {os.getpid()} on {platform.node()}".encode())
            yield
        finally:
            path.unlink(missing_ok=True)


def in_progress(out: Path) -> bool:
    """Whether a process is making a file or folder now."""
    try:
        with _lock(out).open("rb+") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # nobody ever did, or there are no locks here
        return False
    return False


def locked(path: Path, wait: bool = True) -> IO[bytes]:
    """The file, opened to be written, and until it is closed for us alone; who has it may rename or remove it.

    Raises BlockingIOError if we shall not wait for another process that has it, and DiskFull.
    """
    while True:
        with room_for(path):
            file = path.open("ab", buffering=0)  # to be written, without which NFS locks nothing
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            file.close()
            raise
        except OSError:
            if not wait:
                print(f"pixcycle: no file locks in {path.parent}: never start this twice at once", file=sys.stderr)
            return file
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        file.close()


def _by_whom(lock: Path) -> str:
    with suppress(OSError):
        if who := lock.read_text():
            return f" by {who}"
    return ""


def _lock(out: Path) -> Path:
    """Beside it, as the folder that it is made in is renamed."""
    return out.with_name(f"{out.name}.lock.part")
