"""Checksums of the files of a node, in SHA256SUMS: written when the node is made, verified by whoever reads a file.

The format is that of coreutils: `sha256sum --check SHA256SUMS`, in the node's folder, verifies everything. Nodes that
older versions made have no such file; what they hold is read as it is.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pixcycle.base.errors import UserError
from pixcycle.base.files import part, write_bytes

SUMS = "SHA256SUMS"
_LINE = re.compile(r"(?P<escaped>\\?)(?P<sha256>[0-9a-f]{64})  (?P<name>.+)", re.DOTALL)
_LEVELS = 8
"""Maximum depth of a file below the folder of its node."""

_computed: dict[tuple[int, ...], str] = {}
"""Device, inode, size and times of a file -> its SHA-256, so that a process reads each file once."""


def file_sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def file_md5(file: Path) -> str:
    """Return a checksum for files whose publishers state no better one."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "md5").hexdigest()


def write_checksums(folder: Path, *without: str) -> None:
    """Write the checksums of all files below a folder, except those of records, which carry their own digest.

    Parameters
    ----------
    without
        Names of records and folders to leave out, directly below the folder.
    """
    without = (*without, SUMS, part(folder / SUMS).name)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [file.relative_to(folder) for file in files]
    lines = [_line(name.as_posix(), file_sha256(folder / name)) for name in names if name.parts[0] not in without]
    write_bytes(folder / SUMS, "".join(lines).encode("utf-8", "surrogateescape"))


def checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file by its path in a node's folder; empty if an older version made the node."""
    file = folder / SUMS
    try:
        return _parsed(file, file.stat().st_mtime_ns)
    except FileNotFoundError:
        return {}


@cache
def _parsed(file: Path, _modified: int) -> dict[str, str]:
    sums = {}
    for line in file.read_bytes().decode("utf-8", "surrogateescape").split("\n"):
        if match := _LINE.fullmatch(line):
            name = match["name"]
            sums[_unescaped(name) if match["escaped"] else name] = match["sha256"]
    return sums


def verified(file: Path) -> Path:
    """Return a file after comparing it with the checksum of its node; each file is read once in a process.

    Raises
    ------
    UserError
        If the file is not what was written; the message names file and node.
    """
    node = _node_of(file)
    if node and (expected := checksums(node).get(file.relative_to(node).as_posix())):
        problem = _problem(file, expected, once=True)
        if problem:
            raise UserError(f"{problem}; {how_to_restore(node)}")
    return file


def problems(folder: Path) -> Iterator[str]:
    """Yield a sentence for each file of a node that is missing or not what was written; read every file again."""
    for name, expected in checksums(folder).items():
        problem = _problem(folder / name, expected, once=False)
        if problem:
            yield problem


def recorded_sha256(file: Path) -> str:
    """Return the checksum that its node has for a file, or compute it if an older version made the node."""
    node = _node_of(file)
    return (node and checksums(node).get(file.relative_to(node).as_posix())) or file_sha256(file)


def _problem(file: Path, expected: str, once: bool) -> str:
    try:
        stat = file.stat()
        stamp = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        if not once or stamp not in _computed:
            _computed[stamp] = file_sha256(file)
    except OSError as error:
        return f"{file}: {os.strerror(error.errno)}, but {SUMS} of its folder lists it"
    actual = _computed[stamp]
    return "" if actual == expected else f"{file}: is not what was written (sha256 {actual[:8]}…, not {expected[:8]}…)"


def _node_of(file: Path) -> Path | None:
    return next((folder for folder in file.parents[:_LEVELS] if (folder / SUMS).is_file()), None)


def how_to_restore(node: Path) -> str:
    """Return the end of a message on a node that is not what was written."""
    return f"restore it, or remove {node}, and it will be rebuilt"


def _line(name: str, sha256: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n")
    return f"{'' if escaped == name else chr(92)}{sha256}  {escaped}\n"


def _unescaped(name: str) -> str:
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], name)
