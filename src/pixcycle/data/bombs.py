"""How much may come out of an archive: more than any set of images holds, and less than a bomb does."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from rich.filesize import decimal

from pixcycle.errors import UserError

TIMES = 100
"""An archive may hold so many times its own size, and SPARE bytes. Images are compressed already: of the archives that
params.yaml names none holds twice its size, and label maps of a few colours, as BMP, about 50 times."""
SPARE = 100_000_000
MEMBERS = 200_000
"""As many as eight of the largest set in params.yaml have."""
LARGEST_READ = 1 << 20
"""A tar's header of more bytes is none; what is read of its content comes in such pieces."""
LARGEST_DIRECTORY = 64 << 20
"""Bytes of a zip's list of its members, which is read as a whole."""

DECOMPRESSORS: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}


class Allowance:
    """What may still come out of an archive."""

    def __init__(self, archive: Path):
        self._name = archive.name
        self._most = self._left = TIMES * archive.stat().st_size + SPARE
        self._members = MEMBERS

    def take(self, size: int, members: int = 0) -> None:
        """Raises UserError when there is less than that left."""
        self._left -= max(size, 0)
        self._members -= members
        if self._left < 0:
            self._refuse(f"holds more than {decimal(self._most)}, which images of its size do not")
        if self._members < 0:
            self._refuse(f"has more than {MEMBERS} members")

    def _refuse(self, what: str) -> None:
        raise UserError(
            f"{self._name}: {what}: a bomb? If it is none, unpack it and give its folder as the location instead"
        )


class Tar(io.RawIOBase):
    """A tar as its decompressor gives it, of which no more is read than is allowed, nor much at once."""

    def __init__(self, opened: IO[bytes], allowance: Allowance):
        self._opened = opened
        self._allowance = allowance

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= LARGEST_READ:
            raise tarfile.ReadError(f"a header of {size} bytes")
        piece = self._opened.read(size)
        self._allowance.take(len(piece))
        return piece

    def tell(self) -> int:
        return self._opened.tell()

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        """Forward by reading, which is counted: a decompressor cannot but read what it skips."""
        if place < self.tell():
            return self._opened.seek(place, whence)
        while self.tell() < place and self.read(min(LARGEST_READ, place - self.tell())):
            pass
        return self.tell()


@contextmanager
def opened_tar(archive: Path) -> Iterator[tarfile.TarFile]:
    """A tar, plain or compressed."""
    with archive.open("rb") as file:
        first = file.read(6)
    decompressor = next((it for magic, it in DECOMPRESSORS.items() if first.startswith(magic)), open)
    with decompressor(archive, "rb") as plain, tarfile.TarFile(fileobj=Tar(plain, Allowance(archive))) as opened:
        yield opened


class _Zip(io.FileIO):
    """A zip whose directory is no larger than memory takes lightly."""

    def read(self, size: int = -1) -> bytes:
        if size > LARGEST_DIRECTORY:
            raise zipfile.BadZipFile(f"a directory of {size} bytes")
        return super().read(size)


@contextmanager
def opened_zip(archive: Path) -> Iterator[zipfile.ZipFile]:
    """A zip whose members together are no more than it may hold, by what they claim, which is all that is read."""
    with _Zip(archive) as file, zipfile.ZipFile(file) as opened:
        members = opened.infolist()
        Allowance(archive).take(sum(member.file_size for member in members), len(members))
        yield opened
