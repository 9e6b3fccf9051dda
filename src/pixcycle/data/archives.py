"""Zip and tar archives (plain, gzip, bzip2, xz), unpacked so that nothing leaves its folder."""

import hashlib
import lzma
import posixpath
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedWriter
from pathlib import Path, PurePosixPath
from typing import IO

from pixcycle.data.digest import content_digest, is_junk
from pixcycle.errors import UserError
from pixcycle.room import Measured, room_for

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
PIECE = 1 << 20

# What the decoders raise for input that is damaged, cut off, or (KeyError, RecursionError) links to nothing.
UNREADABLE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    NotImplementedError,
    KeyError,
    RecursionError,
)


def is_archive(file: Path) -> bool:
    """By its name or, for addresses that end in none, by its first bytes."""
    return file.name.lower().endswith(SUFFIXES) or _is_zip(file) or tarfile.is_tarfile(file)


def unpack(archive: Path, folder: Path) -> str:
    """Unpack all files but junk into the new `folder`; returns their content digest.

    Raises UserError, and leaves no folder behind, for an archive that is damaged, cut off, encrypted or empty
    or has a member outside its folder, a device, or a link. Links of a tar to its own files become copies.
    """
    folder.mkdir(parents=True)

    def written(path: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        with room_for(folder / path), BufferedWriter(Measured(folder / path, "wb")) as file:
            for piece in pieces:
                file.write(piece)
                yield piece

    try:
        return content_digest({path: _sha256(written(path, pieces)) for path, pieces in _files(archive)}.items())
    except BaseException:
        shutil.rmtree(folder)
        raise


def archive_content_digest(archive: Path) -> str:
    """Content digest of the files in an archive, without unpacking it. Raises UserError as `unpack` does."""
    return content_digest({path: _sha256(pieces) for path, pieces in _files(archive)}.items())


def _sha256(pieces: Iterable[bytes]) -> str:
    sha256 = hashlib.sha256()
    for piece in pieces:
        sha256.update(piece)
    return sha256.hexdigest()


def _files(archive: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    """(path, content in pieces) of each file, to be read in the order of the archive."""
    members = _zip_members(archive) if _is_zip(archive) else _tar_members(archive)
    empty = True
    for path, opened in members:
        if not is_junk(path):
            empty = False
            yield path, _pieces(archive, path, opened)
    if empty:
        raise UserError(f"{archive.name}: the archive holds no files")


def _pieces(archive: Path, path: str, opened: IO[bytes]) -> Iterator[bytes]:
    with _unreadable_is_told(archive, f"member '{path}'"), opened:
        while piece := opened.read(PIECE):
            yield piece


def _zip_members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with _unreadable_is_told(archive), zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            path = _path(archive, member.filename)
            if member.is_dir():
                continue
            if member.flag_bits & 1:
                raise UserError(f"{archive.name}: member '{path}' is encrypted; pack it without a password")
            if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
                raise UserError(f"{archive.name}: member '{path}' is a link or a device; pack files only")
            yield path, opened.open(member)


def _tar_members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with _unreadable_is_told(archive), tarfile.open(archive) as opened:
        for member in opened:
            path = _path(archive, member.name)
            if member.isdir():
                continue
            if member.issym() or member.islnk():
                start = posixpath.dirname(path) if member.issym() else ""
                target = posixpath.normpath(posixpath.join(start, member.linkname))
                _refuse_outside(archive, target, f"member '{path}' links to '{member.linkname}',")
            content = opened.extractfile(member)
            if content is None:
                raise UserError(f"{archive.name}: member '{path}' is a device or links to a folder; pack files only")
            yield path, content
        _refuse_missing_end(opened)


def _refuse_missing_end(opened: tarfile.TarFile) -> None:
    """tarfile takes an archive that is cut off or damaged between two members for a complete, shorter one."""
    opened.fileobj.seek(opened.offset)
    if opened.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("its end is missing")
    while opened.fileobj.read(PIECE):  # a decompressor compares its checksum at the very end
        pass


def _path(archive: Path, name: str) -> str:
    """The path of a member below the folder that it is unpacked into."""
    path = str(PurePosixPath(name.replace("\\", "/")))
    _refuse_outside(archive, path, f"member '{name}' lies")
    return path


def _refuse_outside(archive: Path, path: str, what: str) -> None:
    if posixpath.isabs(path) or ".." in path.split("/"):
        raise UserError(f"{archive.name}: {what} outside the folder that it is unpacked into")


def _is_zip(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


@contextmanager
def _unreadable_is_told(archive: Path, what: str = "the archive") -> Iterator[None]:
    try:
        yield
    except UNREADABLE as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        why = f"{what} cannot be read ({reason}); it is damaged, cut off, or neither zip nor tar"
        raise UserError(f"{archive.name}: {why}") from error
