"""What identifies data: hashes of files, of sets of files, and of sources that nobody has fetched yet."""

import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from pixcycle.data.record import RECORDED, location_key, recorded_content
from pixcycle.errors import UserError
from pixcycle.files import local_path, read_json, write_json
from pixcycle.schema import Source

JUNK = {"__MACOSX", ".DS_Store", "Thumbs.db"}

SETTLED_NS = 2_000_000_000
"""A file that changed later than this may change again within the same tick of its file system's clock."""


def is_junk(path: str) -> bool:
    """Whether an operating system left this file behind, so that it is no part of the data."""
    return any(part in JUNK or part.startswith("._") for part in PurePosixPath(path).parts)


def file_sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def content_digest(files: Iterable[tuple[str, str]]) -> str:
    """sha256 over the lines `SHA256  PATH`, sorted by path, junk left out.

    It stays the same however the files are packed.

    files: (posix path, sha256 of the file).
    """
    lines = (f"{sha256}  {path}\n" for path, sha256 in sorted(files) if not is_junk(path))
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def folder_digest(folder: Path, cache: Path | None) -> str:
    """Content digest of all files below a folder, links followed, paths relative to it; or of one file by its name.

    cache: JSON file with size, times and sha256 of each file, so that only changed ones are read again.
    Raises UserError for a folder without files, and for a file that cannot be read.
    """
    remembered = _remembered(cache)
    before = remembered.get(str(folder.absolute()), {})
    after, digests = {}, []
    try:
        for path, entry in _files_below(folder):
            now, stat = time.time_ns(), entry.stat()
            # A file moved here keeps its size and mtime, but not its ctime.
            stamp = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]
            match before.get(path):
                case [*known_stamp, str(sha256)] if known_stamp == stamp:
                    pass
                case _:
                    sha256 = file_sha256(Path(entry))
            if now - max(stamp[1:]) > SETTLED_NS:
                after[path] = [*stamp, sha256]
            digests.append((path, sha256))
    except OSError as error:
        raise UserError(
            f"{error.filename or os.fspath(entry)}: cannot be read ({error.strerror}); mend it, or take it away"
        ) from error
    if not digests:
        raise UserError(f"{folder}: the folder holds no files")
    if cache and after != before:
        with suppress(UserError, OSError, UnicodeError):  # without a cache the next call is slower, not wrong
            write_json(cache, remembered | {str(folder.absolute()): after})
    return content_digest(digests)


def declared_digest(source: Source, root: Path) -> str:
    """What identifies a source without fetching it; quick, because it is asked whenever the workflow is read.

    Its sha256, else its content digest, else that of the user's own folder or file, where there is one, or else, as in
    a clone, was one when it was last seen; else the names of its locations: what is found there is recorded at the
    first fetch and may never change.
    root: the project folder, against which relative locations are resolved.
    """
    return (
        source.sha256
        or source.content
        or own_digest(source, root)
        or recorded_content(root / RECORDED, source)
        or location_key(source)
    )


def is_declared(source: Source) -> bool:
    """Whether params.yaml says what the source holds."""
    return bool(source.sha256 or source.content)


def own_path(source: Source, root: Path) -> Path | None:
    """The first of a source's locations that is a folder or file of this machine.

    Raises UserError for one that may not be looked at.
    """
    paths = (local_path(location, root) for location in source.locations)
    try:
        return next((path for path in paths if path and path.exists()), None)
    except OSError as error:
        raise UserError(f"{error.filename}: {error.strerror}; a location must be a folder or a file to read") from None


def own_digest(source: Source, root: Path) -> str | None:
    """Content digest of the user's own folder or file, if it is there."""
    path = own_path(source, root)
    return folder_digest(path, root / "data/.digests.json") if path else None


def _remembered(cache: Path | None) -> dict[str, dict[str, list]]:
    with suppress(OSError, ValueError):
        known = read_json(cache) if cache else {}
        if isinstance(known, dict) and all(isinstance(files, dict) for files in known.values()):
            return known
    return {}


def _files_below(
    folder: Path | str, prefix: str = "", above: tuple[str, ...] = ()
) -> Iterator[tuple[str, os.DirEntry | Path]]:
    if os.path.isfile(folder):
        yield os.path.basename(folder), Path(folder)
        return
    real = os.path.realpath(folder)
    if real in above:
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_junk(entry.name):
                continue
            if entry.is_dir():
                yield from _files_below(entry.path, f"{prefix}{entry.name}/", (*above, real))
            elif entry.is_file():
                yield f"{prefix}{entry.name}", entry
