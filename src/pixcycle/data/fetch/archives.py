"""Unpack zip and tar archives (plain, gzip, bzip2, xz) so that nothing is written outside the folder."""

import hashlib
import posixpath
import re
import shutil
import stat
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedWriter
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from pixcycle.base.disk_full import Measured, room_for
from pixcycle.base.errors import UserError
from pixcycle.data.fetch.archive_limits import Allowance, opened_tar, opened_zip
from pixcycle.data.fetch.digest import content_digest, is_junk

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
PIECE = 1 << 20
"""Bytes that are read at a time."""

LONGEST_NAME, LONGEST_PATH = 255, 1000
"""Maximum lengths in bytes of a component, and of the whole path, of a member."""
UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters, which could also forge lines of a content digest, and bytes that are not UTF-8."""


def is_archive(file: Path) -> bool:
    """Return True for an archive, judging by its name or, for downloads without such a name, by its first bytes."""
    return file.name.lower().endswith(SUFFIXES) or _is_zip(file) or _is_tar(file)


def unpack(archive: Path, folder: Path) -> str:
    """Unpack all files except junk into the new `folder`, and return their content digest.

    Links within a tar become copies of the files that they point to. Only content is kept: files get the owner and
    the default permissions of the user who unpacks them.

    Raises
    ------
    UserError
        For an archive that is damaged, truncated, encrypted, empty or an archive bomb, or that has a member outside
        the folder, a device, another link, or two members of the same name. No folder is left behind.
    """
    folder.mkdir(parents=True)

    def written(path: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
        to = folder / path
        to.parent.mkdir(parents=True, exist_ok=True)
        if to.exists():  # on case-insensitive file systems
            raise UserError(f"{archive.name}: member '{path}' has the same name as another one on this file system")
        with room_for(to), BufferedWriter(Measured(to, "wb")) as file:
            for piece in pieces:
                file.write(piece)
                yield piece

    try:
        return content_digest({path: _sha256(written(path, pieces)) for path, pieces in _files(archive)}.items())
    except BaseException:
        shutil.rmtree(folder)
        raise


def archive_content_digest(archive: Path) -> str:
    """Return the content digest of the files in an archive without unpacking it; raise UserError as `unpack` does."""
    return content_digest({path: _sha256(pieces) for path, pieces in _files(archive)}.items())


def _sha256(pieces: Iterable[bytes]) -> str:
    sha256 = hashlib.sha256()
    for piece in pieces:
        sha256.update(piece)
    return sha256.hexdigest()


def _files(archive: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield (path, pieces of the content) of each file; the pieces must be read before the next file."""
    members = _zip_members(archive) if _is_zip(archive) else _tar_members(archive)
    files: set[str] = set()
    folders = {"."}
    for path, opened in members:
        if is_junk(path):
            continue
        above = [str(folder) for folder in PurePosixPath(path).parents]
        if path in files or path in folders or not files.isdisjoint(above):
            raise UserError(f"{archive.name}: member '{path}' conflicts with an earlier member")
        files.add(path)
        folders.update(above)
        yield path, _pieces(archive, path, opened)
    if not files:
        raise UserError(f"{archive.name}: the archive holds no files")


def _pieces(archive: Path, path: str, opened: IO[bytes]) -> Iterator[bytes]:
    with _refusing_unreadable(archive, f"member '{path}'"), opened:
        while piece := opened.read(PIECE):
            yield piece


def _zip_members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with _refusing_unreadable(archive), opened_zip(archive) as opened:
        for member in opened.infolist():
            path = _path(archive, member.orig_filename)
            if member.is_dir():
                continue
            if member.flag_bits & 1:
                raise UserError(f"{archive.name}: member '{path}' is encrypted; pack it without a password")
            if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
                raise UserError(f"{archive.name}: member '{path}' is a link or a device; pack files only")
            yield path, opened.open(member)


def _tar_members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the files of a tar, then its links in the order of their targets: no archive is read more than twice."""
    allowance = Allowance(archive)
    files: dict[str, tarfile.TarInfo] = {}
    links: dict[str, str] = {}
    with _refusing_unreadable(archive), opened_tar(archive) as opened:
        for member in opened:
            allowance.take(member.size, members=1)
            path = _path(archive, member.name)
            if member.isdir():
                continue
            if member.issym() or member.islnk():
                start = posixpath.dirname(path) if member.issym() else ""
                links[path] = posixpath.normpath(posixpath.join(start, member.linkname))
                _refuse_outside(archive, links[path], f"member '{path}' links to '{member.linkname}',")
                continue
            content = opened.extractfile(member)
            if content is None:
                raise UserError(f"{archive.name}: member '{path}' is a device; pack files only")
            files[path] = member
            yield path, content
        _refuse_missing_end(opened)
        linked = _linked(archive, links, files)
        for path in sorted(linked, key=lambda path: linked[path].offset):
            allowance.take(linked[path].size)
            yield path, opened.extractfile(linked[path])


def _linked(archive: Path, links: dict[str, str], files: dict[str, tarfile.TarInfo]) -> dict[str, tarfile.TarInfo]:
    """Return the file that each link leads to, through any number of other links."""
    resolved = dict(files)
    for path, first in links.items():
        chain, target = {}, path
        while target in links and target not in chain and target not in resolved:
            chain[target] = None
            target = links[target]
        if target not in resolved:
            raise UserError(f"{archive.name}: member '{path}' links to '{first}', which is not a file in the archive")
        resolved |= dict.fromkeys(chain, resolved[target])
    return {path: resolved[path] for path in links}


def _refuse_missing_end(opened: tarfile.TarFile) -> None:
    """Raise ReadError if a tar has no end.

    tarfile reads one that is truncated or damaged between two members as a complete, shorter archive.
    """
    opened.fileobj.seek(opened.offset)
    if opened.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("its end is missing")
    while opened.fileobj.read(PIECE):  # decompressors check their checksum at the very end
        pass


def _path(archive: Path, name: str) -> str:
    """Return the path of a member relative to the folder that it is unpacked into; raise UserError if it is unsafe."""
    path = PurePosixPath(name.replace("\\", "/"))
    longest = max((len(part.encode(errors="surrogateescape")) for part in path.parts), default=0)
    if longest > LONGEST_NAME or len(name.encode(errors="surrogateescape")) > LONGEST_PATH:
        raise UserError(f"{archive.name}: member '{name[:40]}...' has too long a name; {LONGEST_NAME} bytes at most")
    if UNWRITABLE.search(name):
        raise UserError(f"{archive.name}: member '{name}' has a name with control characters or not in UTF-8")
    _refuse_outside(archive, str(path), f"member '{name}' lies")
    return str(path)


def _refuse_outside(archive: Path, path: str, what: str) -> None:
    if posixpath.isabs(path) or PureWindowsPath(path).drive or ".." in path.split("/"):
        raise UserError(f"{archive.name}: {what} outside the folder that it is unpacked into")


def _is_zip(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def _is_tar(file: Path) -> bool:
    try:
        with opened_tar(file):
            return True
    except Exception:
        return False


@contextmanager
def _refusing_unreadable(archive: Path, what: str = "the archive") -> Iterator[None]:
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # decoders raise all kinds of exceptions for damaged and hostile archives
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise UserError(
            f"{archive.name}: {what} cannot be read ({reason}); it is damaged, cut off, or neither zip nor tar"
        ) from error
