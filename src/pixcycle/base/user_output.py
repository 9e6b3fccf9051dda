"""Write files and folders to paths that the user chose, and touch nothing else there."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedWriter
from pathlib import Path
from tempfile import mkdtemp

from pixcycle.base.disk_full import Measured, room_for
from pixcycle.base.errors import UserError
from pixcycle.base.files import flush, flush_all_below


def refuse_existing(out: Path, overwrite: bool = False) -> None:
    """Raise UserError if something is at `out`, unless it is a file that may be overwritten."""
    is_file = out.is_file() and not out.is_symlink()
    if os.path.lexists(out) and not (overwrite and is_file):
        raise UserError(
            f"{out} exists already; choose another path, "
            + ("or pass --overwrite to replace it" if is_file else "or remove it first")
        )


def is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not any(path.iterdir())


@contextmanager
def new_output(out: Path, overwrite: bool = False) -> Iterator[Path]:
    """Yield where to make a file or folder; if the block succeeds, flush it to the disk and rename it to `out`.

    The path lies in a new folder `.pixcycle-RANDOM` beside `out`, so that nothing of the user's can be in its place.

    Parameters
    ----------
    overwrite
        Replace an existing file.

    Raises
    ------
    UserError
        If something is at `out`, except for an empty folder, before or after the block.
    DiskFull
        If the output does not fit on the disk.
    """
    with room_for(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(mkdtemp(prefix=".pixcycle-", dir=out.parent))
        try:
            yield beside / out.name
            flush_all_below(beside)
            if not is_empty_folder(out):
                refuse_existing(out, overwrite)
            os.replace(beside / out.name, out)
            flush(out.parent)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def write_new(out: Path, content: bytes, overwrite: bool = False) -> None:
    """Write a file as `new_output` does."""
    refuse_existing(out, overwrite)
    with (
        new_output(out, overwrite) as work,
        room_for(out, len(content), written_at=work),
        BufferedWriter(Measured(work, "xb")) as file,
    ):
        file.write(content)
