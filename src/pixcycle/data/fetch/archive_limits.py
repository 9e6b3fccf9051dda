"""Limits on what an archive may unpack to: more than any set of images needs, and less than an archive bomb."""

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

from pixcycle.base.errors import UserError

TIMES = 100
"""An archive may unpack to this many times its own size, plus SPARE bytes. Images are compressed already: no archive
in params.yaml unpacks to twice its size; label maps of a few colours, as BMP, unpack to about 50 times theirs."""
SPARE = 100_000_000
MEMBERS = 200_000
"""Maximum number of members of an archive: eight times as many as the largest dataset in params.yaml has."""
LARGEST_READ = 1 << 20
"""Maximum size in bytes of a tar header; also the size of the pieces in which content is read."""
LARGEST_DIRECTORY = 64 << 20
"""Maximum size in bytes of a zip's central directory, which is read as a whole."""

DECOMPRESSORS: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}


class Allowance:
    """Bytes and members that may still be unpacked from an archive."""

    def __init__(self, archive: Path):
        self._name = archive.name
        self._most = self._left = TIMES * archive.stat().st_size + SPARE
        self._members = MEMBERS

    def take(self, size: int, members: int = 0) -> None:
        """Subtract from the allowance; raise UserError if it is exceeded."""
        self._left -= max(size, 0)
        self._members -= members
        if self._left < 0:
            self._refuse(f"unpacks to more than {decimal(self._most)}, which no set of images of its size does")
        if self._members < 0:
            self._refuse(f"has more than {MEMBERS} members")

    def _refuse(self, what: str) -> None:
        raise UserError(
            f"{self._name}: {what}; if it is not an archive bomb, unpack it and give its folder as the location"
        )


class Tar(io.RawIOBase):
    """A decompressed tar that limits how much is read in all, and at a time."""

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
        """Seek; forwards by reading, which counts, because a decompressor must decompress what it skips."""
        if place < self.tell():
            return self._opened.seek(place, whence)
        while self.tell() < place and self.read(min(LARGEST_READ, place - self.tell())):
            pass
        return self.tell()


@contextmanager
def opened_tar(archive: Path) -> Iterator[tarfile.TarFile]:
    """Open a tar, plain or compressed, within its limits."""
    with archive.open("rb") as file:
        first = file.read(6)
    decompressor = next((opener for magic, opener in DECOMPRESSORS.items() if first.startswith(magic)), open)
    with decompressor(archive, "rb") as plain, tarfile.TarFile(fileobj=Tar(plain, Allowance(archive))) as opened:
        yield opened


class _Zip(io.FileIO):
    """A zip file whose central directory must not be too large for memory."""

    def read(self, size: int = -1) -> bytes:
        if size > LARGEST_DIRECTORY:
            raise zipfile.BadZipFile(f"a directory of {size} bytes")
        return super().read(size)


@contextmanager
def opened_zip(archive: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip whose members are within the limits by their declared sizes, beyond which zipfile does not read."""
    with _Zip(archive) as file, zipfile.ZipFile(file) as opened:
        members = opened.infolist()
        Allowance(archive).take(sum(member.file_size for member in members), len(members))
        yield opened
