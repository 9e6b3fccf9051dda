"""Files and folders: those that appear whole or not at all, and those that a location names."""

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pixcycle.errors import UserError


def write_json(path: Path, value: Any) -> None:
    """Write JSON; NaN is refused, as JSON has none."""
    write_bytes(path, (json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write beside `path`, then rename it there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = part(path)
    beside.write_bytes(content)
    os.replace(beside, path)


def part(path: Path) -> Path:
    """Where a file or folder is made before it appears under its name."""
    return path.with_name(f"{path.name}.part")


def read_json(path: Path) -> Any:
    return json.loads(path.read_text())


def local_path(location: str, root: Path = Path()) -> Path | None:
    """The file or folder that a location means on this machine; None for other addresses."""
    if location.startswith("file://"):
        return Path(unquote(location.removeprefix("file://").removeprefix("localhost")))
    if "://" in location or location.startswith("package:"):
        return None
    return root / Path(location).expanduser()


@contextmanager
def finished_folder(out: Path, keep_work: bool = False) -> Iterator[Path]:
    """A folder to work in, `OUT.part`, that is renamed to `out` when the block ends well.

    keep_work: after a failure leave OUT.part, for the next call to go on from; otherwise remove it.
    A full disk is answered as a UserError.
    """
    work = part(out)
    if not keep_work:
        shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    try:
        yield work
    except BaseException as error:
        if not keep_work:
            shutil.rmtree(work, ignore_errors=True)
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise UserError(f"{out}: the disk is full; free some space and run the same command again") from error
        raise
    shutil.rmtree(out, ignore_errors=True)
    os.replace(work, out)
