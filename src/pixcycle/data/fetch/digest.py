"""Digests that identify data: of files, of sets of files, and of sources that have not been fetched yet."""

import hashlib
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from pixcycle.base.checksums import file_sha256
from pixcycle.base.errors import UserError
from pixcycle.base.files import local_path, read_json, write_json
from pixcycle.data.fetch.recorded import RECORDED, location_key, recorded_content
from pixcycle.params.dataset import Source

JUNK = {"__MACOSX", ".DS_Store", "Thumbs.db"}
"""Names of files and folders that operating systems leave behind."""

DEEPEST = 100
"""Most levels of folders below the user's own folder."""
MOST_FILES = 1_000_000
"""Most files below it."""
MOST_VISITS = 100
"""Most paths by which links may lead to one folder; a few links to each other make billions of paths."""

SETTLED_NS = 2_000_000_000
"""Age in nanoseconds from which a file's times are trusted: a younger one may change again in the same clock tick."""


def is_junk(path: str) -> bool:
    """Return True if an operating system left this file behind, so that it is not part of the data."""
    return any(part in JUNK or part.startswith("._") for part in path.split("/"))


def content_digest(files: Iterable[tuple[str, str]]) -> str:
    """Return the sha256 of the lines `SHA256  PATH`, sorted by path, without junk.

    It does not depend on how the files are packed.

    Parameters
    ----------
    files
        (POSIX path, sha256) of each file.
    """
    lines = (f"{sha256}  {path}\n" for path, sha256 in sorted(files) if not is_junk(path))
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def folder_digest(folder: Path, cache: Path | None) -> str:
    """Return the content digest of all files below a folder, or of a single file under its name.

    Paths are relative to the folder; links are followed.

    Parameters
    ----------
    cache
        JSON file with size, times and sha256 of each file, so that only changed files are read again.

    Raises
    ------
    UserError
        For a folder without files, a file that cannot be read, and more levels, files or links than the limits above.
    """
    cached = _cached(cache)
    before = cached.get(str(folder.absolute()), {})
    after, digests = {}, []
    try:
        for path, entry in _files_below(folder):
            now, stat = time.time_ns(), entry.stat()
            # A file moved here keeps its size and mtime, but not its ctime.
            stamp = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]
            last = before.get(path)
            unchanged = isinstance(last, list) and last[:-1] == stamp and isinstance(last[-1], str)
            sha256 = last[-1] if unchanged else file_sha256(Path(entry))
            if now - max(stamp[1:]) > SETTLED_NS:
                after[path] = [*stamp, sha256]
            digests.append((path, sha256))
            if len(digests) > MOST_FILES:
                raise UserError(f"{folder}: the folder holds more than {MOST_FILES} files; name a smaller one")
    except OSError as error:
        raise UserError(
            f"{error.filename or os.fspath(entry)}: cannot be read ({error.strerror}); repair or remove it"
        ) from error
    if not digests:
        raise UserError(f"{folder}: the folder holds no files")
    if cache and after != before:
        with suppress(UserError, OSError, UnicodeError):  # without a cache the next call is slower, not wrong
            write_json(cache, cached | {str(folder.absolute()): after})
    return content_digest(digests)


def declared_digest(source: Source, root: Path) -> str:
    """Return what identifies a source, without fetching it. Quick, because every reading of the workflow calls it.

    The first of these that exists:

    1. the declared sha256;
    2. the declared content digest;
    3. the declared md5;
    4. the content digest of the user's own folder or file;
    5. that digest as last recorded, for clones without the folder or file;
    6. the names of the locations; what they hold is recorded at the first download and may never change.

    Parameters
    ----------
    root
        The project folder, against which relative locations are resolved.
    """
    return (
        source.sha256
        or source.content
        or source.md5
        or own_digest(source, root)
        or recorded_content(root / RECORDED, source)
        or location_key(source)
    )


def is_declared(source: Source) -> bool:
    """Return True if params.yaml declares a checksum or the content digest of the source."""
    return bool(source.sha256 or source.content or source.md5)


def own_path(source: Source, root: Path) -> Path | None:
    """Return the first location of a source that is a folder or file on this machine, or None.

    Raises UserError for a location that may not be accessed.
    """
    paths = (local_path(location, root) for location in source.locations)
    try:
        return next((path for path in paths if path and path.exists()), None)
    except OSError as error:
        raise UserError(f"{error.filename}: {error.strerror}; a location must be a readable file or folder") from None


def own_digest(source: Source, root: Path) -> str | None:
    """Return the content digest of the user's own folder or file, or None if it does not exist."""
    path = own_path(source, root)
    return folder_digest(path, root / "data/.digests.json") if path else None


def _cached(cache: Path | None) -> dict[str, dict[str, list]]:
    with suppress(OSError, ValueError):
        folders = read_json(cache) if cache else {}
        if isinstance(folders, dict) and all(isinstance(files, dict) for files in folders.values()):
            return folders
    return {}


def _files_below(folder: Path | str) -> Iterator[tuple[str, os.DirEntry | Path]]:
    """Yield (path relative to the folder, entry) of each file below a folder; links are followed, loops are not."""
    if os.path.isfile(folder):
        yield os.path.basename(folder), Path(folder)
        return
    visits: Counter[str] = Counter()

    def below(here: str, prefix: str, above: tuple[str, ...]) -> Iterator[tuple[str, os.DirEntry]]:
        real = os.path.realpath(here)
        if real in above:
            return
        visits[real] += 1
        if len(above) > DEEPEST:
            raise UserError(f"{folder}: the folder is more than {DEEPEST} levels deep, as at {here:.200}; flatten it")
        if visits[real] > MOST_VISITS:
            raise UserError(f"{folder}: its links lead to {real} in more than {MOST_VISITS} ways; remove some of them")
        with os.scandir(here) as entries:
            for entry in entries:
                if is_junk(entry.name):
                    continue
                if entry.is_dir():
                    yield from below(entry.path, f"{prefix}{entry.name}/", (*above, real))
                elif entry.is_file():
                    yield f"{prefix}{entry.name}", entry

    yield from below(os.fspath(folder), "", ())
