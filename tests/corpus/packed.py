"""Functions that write a damaged, odd or hostile archive into a folder and return its path."""

import gzip
import hashlib
import io
import os
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

NOISE = hashlib.shake_256(b"noise").digest(50_000)
FILES = {"train/1.jpg": b"one", "train/2.jpg": NOISE}


def a_zip(to: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(to, "w", method) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return to


def a_tar(to: Path, *members: tarfile.TarInfo | str, mode: str = "w", format: int = tarfile.PAX_FORMAT) -> Path:
    """Write a tar of these members; a string is a file whose content is its name, or that of FILES."""
    with tarfile.open(to, mode, format=format, encoding="utf-8") as opened:
        for member in members:
            if isinstance(member, str):
                content = FILES.get(member, member.encode(errors="surrogateescape"))
                member = tarfile.TarInfo(member)
                member.size = len(content)
                opened.addfile(member, io.BytesIO(content))
            else:
                opened.addfile(member)
    return to


def a_member(name: str, type: bytes, linkname: str = "", **fields) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = type, linkname
    for field, value in fields.items():
        setattr(member, field, value)
    return member


def zip_of_files(to: Path) -> Path:
    return a_zip(to / "tiny.zip", FILES)


def zipped(*names: str):
    return lambda to: a_zip(to / "tiny.zip", dict.fromkeys(names, b"evil"))


def tarred(*members: tarfile.TarInfo | str, mode: str = "w", format: int = tarfile.PAX_FORMAT):
    return lambda to: a_tar(to / f"tiny.tar{mode[1:].replace(':', '.')}", *members, mode=mode, format=format)


def symlink(name: str, to: str) -> tarfile.TarInfo:
    return a_member(name, tarfile.SYMTYPE, to)


def hard_link(name: str, to: str) -> tarfile.TarInfo:
    return a_member(name, tarfile.LNKTYPE, to)


def cut(make, share: float):
    def write(to: Path) -> Path:
        archive = make(to)
        os.truncate(archive, int(archive.stat().st_size * share))
        return archive

    return write


def flipped(make, place: float):
    def write(to: Path) -> Path:
        archive = make(to)
        content = bytearray(archive.read_bytes())
        content[int(len(content) * place)] ^= 0x10
        archive.write_bytes(content)
        return archive

    return write


def patched_zip(directory_offset: int, new: bytes, header_offset: int | None = None):
    """A zip of one file, with bytes replaced in its directory entry and, if an offset is given, in its own header."""

    def write(to: Path) -> Path:
        archive = a_zip(to / "tiny.zip", {"1.jpg": b"one" * 100})
        content = bytearray(archive.read_bytes())
        entry = content.index(b"PK\x01\x02") + directory_offset
        content[entry : entry + len(new)] = new
        if header_offset is not None:
            content[header_offset : header_offset + len(new)] = new
        archive.write_bytes(content)
        return archive

    return write


def zip_entry(name: bytes, packed: int, size: int, crc: int, at: int) -> bytes:
    fields = (b"PK\x01\x02", 20, 20, 0, 8, 0, 0x21, crc, packed, size, len(name), 0, 0, 0, 0, 0, at)
    return struct.pack("<4sHHHHHHIIIHHHHHII", *fields) + name


def zip_of(body: bytes, entries: list[bytes]) -> bytes:
    """Return a zip with a ZIP64 directory, for more than 65535 members or 4 GB."""
    directory, n = b"".join(entries), len(entries)
    end64 = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, n, n, len(directory), len(body))
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, len(body) + len(directory), 1)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return body + directory + end64 + locator + end


def zeros_deflated(size: int) -> tuple[bytes, int]:
    deflate, crc, packed, piece = zlib.compressobj(9, wbits=-15), 0, [], bytes(1 << 20)
    for _ in range(size >> 20):
        packed.append(deflate.compress(piece))
        crc = zlib.crc32(piece, crc)
    return b"".join([*packed, deflate.flush()]), crc


def zip_bomb(to: Path) -> Path:
    """10 GB of zeros in 10 MB: 40 files of 256 MB, each with its own compressed data."""
    packed, crc = zeros_deflated(1 << 28)
    body, entries = b"", []
    for n in range(40):
        name = b"%02d.jpg" % n
        entries.append(zip_entry(name, len(packed), 1 << 28, crc, len(body)))
        header = (b"PK\x03\x04", 20, 0, 8, 0, 0x21, crc, len(packed), 1 << 28, len(name), 0)
        body += struct.pack("<4sHHHHHIIIHH", *header) + name + packed
    (to / "tiny.zip").write_bytes(zip_of(body, entries))
    return to / "tiny.zip"


def overlapping_zip(to: Path) -> Path:
    """A zip like Fifield's: all entries share the same deflated zeros, and together claim a terabyte."""
    packed, crc = zeros_deflated(1 << 28)
    header = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 8, 0, 0x21, crc, len(packed), 1 << 28, 8, 0)
    entries = [zip_entry(b"%04d.jpg" % n, len(packed), 1 << 28, crc, 0) for n in range(4000)]
    (to / "tiny.zip").write_bytes(zip_of(header + b"0000.jpg" + packed, entries))
    return to / "tiny.zip"


def members_without_end(to: Path) -> Path:
    first = b"PK\x03\x04" + bytes(26)
    entries = [zip_entry(b"%06d" % n, 0, 0, 0, 0) for n in range(400_000)]
    (to / "tiny.zip").write_bytes(zip_of(first, entries))
    return to / "tiny.zip"


def huge_directory(to: Path) -> Path:
    """A zip that declares a hole of 80 MB as its central directory."""
    archive = a_zip(to / "tiny.zip", {"1.jpg": b"one"})
    start, end = archive.read_bytes(), bytearray(archive.read_bytes()[-22:])
    struct.pack_into("<II", end, 12, 80 << 20, len(start))
    with archive.open("r+b") as file:
        file.seek(len(start) + (80 << 20))
        file.write(end)
    return archive


def claimed_size(size: int, mode: str = "w"):
    """A tar that ends after the header of a file of that size."""

    def write(to: Path) -> Path:
        member = a_member("1.jpg", tarfile.REGTYPE, size=size)
        opened = {"w": open, "w:gz": gzip.open}[mode]
        archive = to / f"tiny.tar{mode[1:].replace(':', '.')}"
        with opened(archive, "wb") as file:
            file.write(member.tobuf(tarfile.GNU_FORMAT) + bytes(2048))
        return archive

    return write


def header_of(type: bytes, size: int, zeros: int = 0):
    """A gzipped tar whose header of a name, or of PAX fields, declares a size; some zeros follow."""

    def write(to: Path) -> Path:
        header = gzip.compress(a_member("1.jpg", type, size=size).tobuf(tarfile.GNU_FORMAT))
        (to / "tiny.tar.gz").write_bytes(header + gzip.compress(bytes(1 << 26)) * (zeros >> 26))
        return to / "tiny.tar.gz"

    return write


def zeros_in(compress, suffix: str, pieces: int, piece: int = 1 << 26):
    """A tar of many files of zeros, compressed separately and concatenated: each is 64 MB in a few KB."""

    def write(to: Path) -> Path:
        packed = compress(bytes(piece))
        with (to / f"tiny.tar.{suffix}").open("wb") as file:
            for n in range(pieces):
                file.write(compress(a_member(f"{n:06}.jpg", tarfile.REGTYPE, size=piece).tobuf()) + packed)
            file.write(compress(bytes(1024)))
        return to / f"tiny.tar.{suffix}"

    return write


def zeros_after_the_end(to: Path) -> Path:
    a_tar(to / "one.tar", "train/1.jpg")
    packed = gzip.compress(bytes(1 << 26), 9)
    (to / "tiny.tar.gz").write_bytes(gzip.compress((to / "one.tar").read_bytes()) + packed * 160)
    return to / "tiny.tar.gz"


def sparse(to: Path) -> Path:
    """A tar of a sparse file with an exabyte of holes, in GNU format."""
    name = b"1.jpg".ljust(100, b"\0")
    header = bytearray(name + b"0000644\0" + b"0000000\0" * 2 + b"00000001000\0" + b"00000000000\0" + b" " * 8 + b"S")
    header += bytes(512 - len(header))
    header[257:265] = b"ustar  \0"
    header[386:410] = b"00000000000\0" + b"00000001000\0"
    header[483:495] = struct.pack(">B", 0x80) + (1 << 60).to_bytes(11, "big")
    header[148:156] = b"%06o\0 " % sum(header)
    (to / "tiny.tar").write_bytes(header + b"x" * 512 + bytes(1024))
    return to / "tiny.tar"


def pax(**fields: str):
    return tarred(a_member("1.jpg", tarfile.REGTYPE, pax_headers=fields), "2.jpg")


def links_upon_links(to: Path) -> Path:
    """A chain of links to a file: resolving it must not take a thousand steps for each of a thousand links."""
    links = [symlink(f"{n}.jpg", f"{n + 1}.jpg") for n in range(1200)]
    return a_tar(to / "tiny.tar.gz", *links, "1200.jpg", mode="w:gz")


def nested(to: Path) -> Path:
    a_zip(to / "inner.zip", {"a": bytes(1 << 20)})
    return a_zip(to / "tiny.zip", {"inner.zip": (to / "inner.zip").read_bytes()})


def written(name: str, content: bytes):
    def write(to: Path) -> Path:
        (to / name).write_bytes(content)
        return to / name

    return write


def encrypted(to: Path) -> Path:
    return patched_zip(8, b"\x01\x00", 6)(to)


def zip_with_mode(mode: int):
    def write(to: Path) -> Path:
        with zipfile.ZipFile(to / "tiny.zip", "w") as opened:
            member = zipfile.ZipInfo("1.jpg")
            member.external_attr = mode << 16
            opened.writestr(member, b"/etc/passwd")
        return to / "tiny.zip"

    return write


def two_of_one_name(to: Path) -> Path:
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(to / "tiny.zip", "w") as opened:
        opened.writestr("1.jpg", b"one")
        opened.writestr("1.jpg", b"two")
    return to / "tiny.zip"


def nul_in_a_name(to: Path) -> Path:
    archive = a_zip(to / "tiny.zip", {"a?b.jpg": b"evil"})
    archive.write_bytes(archive.read_bytes().replace(b"a?b", b"a\0b"))
    return archive


def many_hard_links(to: Path) -> Path:
    one = a_member("0.jpg", tarfile.REGTYPE, size=1 << 20)
    with gzip.open(to / "tiny.tar.gz", "wb", compresslevel=1) as file:
        file.write(one.tobuf() + bytes(1 << 20))
        for n in range(1, 20_000):
            file.write(hard_link(f"{n}.jpg", "0.jpg").tobuf(tarfile.GNU_FORMAT))
        file.write(bytes(1024))
    return to / "tiny.tar.gz"
