"""The folder of the locks on a machine's GPUs, and lock files in it that no other user can redirect."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pixcycle.base.errors import UserError

SHARED = "PIXCYCLE_GPU_LOCKS"
"""Environment variable: a folder that an administrator made, in which the users of a machine lock its GPUs."""
TMP = Path("/tmp")  # whatever TMPDIR is: all jobs of a user must find the same folder
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
"""Reading is enough to lock a file, which may be another user's. Opening a pipe does not block."""


@dataclass(frozen=True)
class LockFolder:
    """An open folder of lock files.

    Attributes
    ----------
    descriptor
        Its file descriptor: what is opened in it is not found by its path, which another user might change.
    """

    path: Path
    descriptor: int

    def open(self, name: str) -> IO[bytes]:
        """Open a lock file, which is made if it is missing. Raise UserError for a link, a pipe or a folder."""
        try:
            with suppress(FileExistsError):
                created = os.open(name, READ | os.O_CREAT | os.O_EXCL, dir_fd=self.descriptor)
                os.fchmod(created, 0o644)  # whatever the umask is
                os.close(created)
            opened = os.open(name, READ, dir_fd=self.descriptor)
        except OSError as error:
            raise UserError(f"{self.path / name}: {error.strerror}; a lock must be a regular file: remove it") from None
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            os.close(opened)
            raise UserError(f"{self.path / name}: is not a regular file, as a lock must be; remove it")
        return os.fdopen(opened, "rb")


@contextmanager
def lock_folder() -> Iterator[LockFolder]:
    """Open the folder that PIXCYCLE_GPU_LOCKS names, otherwise one of the user's own in /tmp, made when it is missing.

    XDG_RUNTIME_DIR would not do: jobs that start without a login, or outlive it, would lock files of another folder.

    Raises
    ------
    UserError
        If another user could replace the folder or the files in it.
    """
    shared = os.environ.get(SHARED)
    path = Path(shared) if shared else TMP / f"pixcycle-{os.geteuid()}"
    advice = f"remove it, or set {SHARED} to a folder of yours"
    if shared:
        advice = f"{SHARED} must name a folder of root's or yours, with mode 1777 if others use it too"
    else:
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | (0 if shared else os.O_NOFOLLOW))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; {advice}") from None
    try:
        status = os.fstat(descriptor)
        if status.st_uid not in ({0, os.geteuid()} if shared else {os.geteuid()}):
            raise UserError(f"{path}: belongs to another user; {advice}")
        if status.st_mode & 0o022 and not (shared and status.st_mode & stat.S_ISVTX):
            raise UserError(f"{path}: others may replace its files (mode {status.st_mode & 0o7777:o}); {advice}")
        yield LockFolder(path, descriptor)
    finally:
        os.close(descriptor)
