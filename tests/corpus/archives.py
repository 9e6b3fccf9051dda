"""Archives that are damaged, odd or hostile: how each is made, and what is made of it."""

import bz2
import gzip
import hashlib
import io
import lzma
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

from tests.corpus.form import Input

NOISE = hashlib.shake_256(b"noise").digest(50_000)
FILES = {"train/1.jpg": b"one", "train/2.jpg": NOISE}


def a_zip(to: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(to, "w", method) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return to


def a_tar(to: Path, *members: tarfile.TarInfo | str, mode: str = "w", format: int = tarfile.PAX_FORMAT) -> Path:
    """A string is the name of a file that holds it."""
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
    """One file, of whose entry in the directory, and of whose own header, these bytes are others."""

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
    """With the directory that zips of more than 65535 members or 4 GB have."""
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
    """10 GB of zeros in 10 MB: 40 files of 256 MB, each of them packed anew."""
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
    """As Fifield's: every entry has the same deflated zeros for its content, and all together are a terabyte."""
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
    """A hole of 80 MB in the file is claimed to be the list of members."""
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
    """A gzipped tar of which the header of a name, or of PAX fields, is that long; so many zeros follow."""

    def write(to: Path) -> Path:
        header = gzip.compress(a_member("1.jpg", type, size=size).tobuf(tarfile.GNU_FORMAT))
        (to / "tiny.tar.gz").write_bytes(header + gzip.compress(bytes(1 << 26)) * (zeros >> 26))
        return to / "tiny.tar.gz"

    return write


def zeros_in(compress, suffix: str, pieces: int, piece: int = 1 << 26):
    """A tar of many files of zeros, each compressed for itself, as parts of such a file may be: 64 MB in some KB."""

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
    """A file of an exabyte of holes, as GNU tar writes it."""
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
    """Each leads to the next, and the last to a file: no reader may need a thousand steps for each of a thousand."""
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


TAR, GZ, XZ, BZ2 = (tarred(*FILES, mode=mode) for mode in ("w", "w:gz", "w:xz", "w:bz2"))
OUTSIDE = "outside the folder that it is unpacked into"
UNREADABLE = "damaged, cut off, or neither zip nor tar"
BOMB = "a bomb?"
TAKEN = "takes the place of another"

OUT_OF_THE_FOLDER = [
    Input(f"{kind} with a member {what}", make, OUTSIDE)
    for what, name in {
        "at an absolute path": "/tmp/evil.jpg",
        "at two slashes": "//tmp/evil.jpg",
        "above its folder": "../evil.jpg",
        "above its folder by a detour": "train/./../../evil.jpg",
        "above its folder with backslashes": "..\\evil.jpg",
        "above its folder with both slashes": "train\\../..\\evil.jpg",
        "on a drive": "C:\\evil.jpg",
        "below a drive's folder": "c:evil.jpg",
        "that is the folder above": "..",
    }.items()
    for kind, make in {"a zip": zipped(name), "a tar": tarred(name)}.items()
]
LINKS = [
    Input("a link to an absolute path", tarred(symlink("1.jpg", "/etc/passwd")), OUTSIDE),
    Input("a link above its folder", tarred(symlink("train/1.jpg", "../../../etc/passwd")), OUTSIDE),
    Input("a link with backslashes", tarred(symlink("train/1.jpg", "..\\..\\evil")), "which is no file of the archive"),
    Input("a hard link to an absolute path", tarred(hard_link("1.jpg", "/etc/passwd")), OUTSIDE),
    Input("a hard link above its folder", tarred(hard_link("train/1.jpg", "../evil")), OUTSIDE),
    Input("a link to a link out of the folder", tarred(symlink("a", "b"), symlink("b", "/etc")), OUTSIDE),
    Input("a file behind a link out of the folder", tarred(symlink("a", "/tmp"), "a/evil.jpg"), OUTSIDE),
    Input("a link to itself", tarred(symlink("1.jpg", "1.jpg")), "member '1.jpg' links to '1.jpg', which is no file"),
    Input("links in a circle", tarred(symlink("a", "b"), symlink("b", "a")), "member 'a' links to 'b', which is no"),
    Input("a link to nothing", tarred(symlink("1.jpg", "2.jpg")), "links to '2.jpg', which is no file"),
    Input("a link to a folder", tarred(a_member("d", tarfile.DIRTYPE), symlink("e", "d")), "links to 'd', which is no"),
    Input(
        "a file behind a link within the folder", tarred("d/1.jpg", symlink("e", "d"), "e/2.jpg"), "which is no file"
    ),
    Input("a link to a later file", tarred(symlink("1.jpg", "2.jpg"), "2.jpg"), {"1.jpg": b"2.jpg", "2.jpg": b"2.jpg"}),
    Input("a hard link", tarred("a/1", hard_link("b", "a/1")), {"a/1": b"a/1", "b": b"a/1"}),
    Input("1200 links upon links", links_upon_links, {f"{n}.jpg": b"1200.jpg" for n in range(1201)}),
    Input("a link in a zip", zip_with_mode(stat.S_IFLNK | 0o777), "is a link or a device"),
    Input("a character device", tarred(a_member("1.jpg", tarfile.CHRTYPE, devmajor=1, devminor=5)), "is a device"),
    Input("a disk", tarred(a_member("1.jpg", tarfile.BLKTYPE, devmajor=8)), "is a device"),
    Input("a pipe", tarred(a_member("1.jpg", tarfile.FIFOTYPE)), "is a device"),
    Input("a pipe in a zip", zip_with_mode(stat.S_IFIFO | 0o644), "is a link or a device"),
]
BOMBS = [
    Input("10 GB of zeros in a zip of 10 MB", zip_bomb, BOMB),
    Input("a terabyte of zip members that overlap", overlapping_zip, BOMB),
    Input("a zip in a zip", nested, {"inner.zip": None}),
    Input("a zip of 400000 members", members_without_end, BOMB),
    Input("a zip with a directory of 80 MB", huge_directory, "a directory of 83886080 bytes"),
    Input("a zip that claims exabytes", patched_zip(24, b"\xfe\xff\xff\xff"), BOMB),
    Input("10 GB of zeros in a tar.gz", zeros_in(gzip.compress, "gz", 160), BOMB),
    Input("10 GB of zeros in a tar.xz", zeros_in(lzma.compress, "xz", 160), BOMB),
    Input("10 GB of zeros in a tar.bz2", zeros_in(bz2.compress, "bz2", 160), BOMB),
    Input("10 GB of zeros after the end of a tar", zeros_after_the_end, BOMB),
    Input("a tar that claims exabytes", claimed_size(1 << 62), BOMB),
    Input("a tar.gz that claims exabytes", claimed_size(1 << 62, "w:gz"), BOMB),
    Input("a sparse file of an exabyte", sparse, BOMB),
    Input("a name of 8 GB", header_of(tarfile.GNUTYPE_LONGNAME, 8 << 30), UNREADABLE),
    Input("a name of 3 GB that is there", header_of(tarfile.GNUTYPE_LONGNAME, 3 << 30, zeros=3 << 30), UNREADABLE),
    Input("PAX fields of an exabyte", header_of(tarfile.XHDTYPE, 1 << 62), UNREADABLE),
    Input("a PAX field of 10 MB", pax(comment="x" * 10_000_000), "a header of"),
    Input("20000 hard links to one file", many_hard_links, BOMB),
]
DAMAGED = [
    *(
        Input(f"{name}, {share:.0%} of it", cut(make, share), UNREADABLE)
        for name, make in {"zip": zip_of_files, "tar": TAR, "tar.gz": GZ, "tar.xz": XZ, "tar.bz2": BZ2}.items()
        for share in (0.01, 0.5, 0.8)
    ),
    *(
        Input(f"{name} with a flipped bit", flipped(make, 0.6), UNREADABLE)
        for name, make in {"zip": zip_of_files, "tar.gz": GZ, "tar.xz": XZ, "tar.bz2": BZ2}.items()
    ),
    Input("a tar without all of the zeros after its end", cut(TAR, 0.98), FILES),
    Input("a tar with a flipped bit in a header", flipped(tarred("1.jpg", "2.jpg"), 0.1), UNREADABLE),
    Input("a zip with a wrong checksum", patched_zip(16, b"evil", 14), "Bad CRC-32"),
    Input("a zip of more than it says", patched_zip(24, b"\x05\x00\x00\x00", 22), UNREADABLE),
    Input("an encrypted zip", encrypted, "member '1.jpg' is encrypted; pack it without a password"),
    Input("a zip compressed by an unknown method", patched_zip(10, b"\x4d\x00", 8), "compression"),
    Input("a zip whose member lies beyond its end", patched_zip(42, b"\xff\xff\x00\x00"), UNREADABLE),
    Input("a tar with a PAX size below zero", pax(size="-1024"), UNREADABLE),
    Input("a tar with a PAX size of 5000 digits", pax(size="9" * 5000), {"1.jpg": b"", "2.jpg": b"2.jpg"}),
    Input("a tar with sparse fields that are no numbers", pax(**{"GNU.sparse.map": "a,b"}), UNREADABLE),
    Input("a page that asks to log in", written("tiny.zip", b"<!DOCTYPE html><form>Log in"), "is an HTML page"),
    Input("a text named .tar.gz", written("tiny.tar.gz", b"not found\n"), UNREADABLE),
    Input("an empty file named .zip", written("tiny.zip", b""), UNREADABLE),
    Input("an image named .zip", written("tiny.zip", b"\xff\xd8\xff\xe0" + bytes(1000)), UNREADABLE),
    Input("a RAR", written("tiny.tar", b"Rar!\x1a\x07\x01\x00" + bytes(1000)), UNREADABLE),
    Input("a zip without members", zipped(), "holds no files"),
    Input("a tar without members", tarred(), "holds no files"),
    Input("a tar of folders only", tarred(a_member("train", tarfile.DIRTYPE)), "holds no files"),
    Input("a zip of what an operating system left", zipped("__MACOSX/1.jpg", ".DS_Store"), "holds no files"),
]
UNICODE = {"train/Zürich 図 🙂.jpg": b"evil"}
NAMES = [
    Input("two members of one name in a zip", two_of_one_name, TAKEN),
    Input("two members of one name in a tar", tarred("1.jpg", "1.jpg"), TAKEN),
    Input("two members of one name but for a dot", tarred("1.jpg", "./1.jpg"), TAKEN),
    Input("a file where a folder is needed", zipped("a", "a/b"), TAKEN),
    Input("a folder where a file is needed", tarred("a/b/c", "a"), TAKEN),
    Input("a file where a folder of a folder is needed", tarred("a", "a/b/c"), TAKEN),
    Input("a member without a name", zipped("."), TAKEN),
    Input("names that differ in case only", tarred("A.jpg", "a.jpg"), {"A.jpg": b"A.jpg", "a.jpg": b"a.jpg"}),
    Input("names in Unicode in a zip", zipped(*UNICODE), UNICODE),
    Input("a name with a space and a quote", zipped("a 'b' \"c\".jpg"), {"a 'b' \"c\".jpg": b"evil"}),
    Input(
        "a name that a shell would run",
        zipped("$(touch ran);`touch ran`.jpg"),
        {"$(touch ran);`touch ran`.jpg": b"evil"},
    ),
    Input("a name with a dash first", tarred("--out=x"), {"--out=x": b"--out=x"}),
    Input("a newline in a name of a zip", zipped("a\nb.jpg"), r"member 'a\nb.jpg' has a name with control characters"),
    Input("a newline in a name of a tar", tarred("a\nb.jpg"), r"member 'a\nb.jpg' has a name with control characters"),
    Input("an escape sequence in a name", tarred("\x1b[2J.jpg"), r"member '\x1b[2J.jpg' has a name with control"),
    Input("a NUL in a name of a zip", nul_in_a_name, r"member 'a\x00b.jpg' has a name with control characters"),
    Input("a NUL in a PAX path", pax(path="a\0b.jpg"), r"a\x00b.jpg' has a name with control characters"),
    Input("a name in Latin-1", tarred("f\udcfcr.jpg", format=tarfile.GNU_FORMAT), r"f\udcfcr.jpg' has a name with"),
    Input("a name of 300 letters", zipped("x" * 300), "too long a name; 255 bytes at most"),
    Input("a name of 60000 letters in a zip", zipped("x" * 60_000), "too long a name"),
    Input("a name of 90000 letters in a tar", tarred("x" * 90_000), "too long a name"),
    Input("a path of 2000 folders", tarred("a/" * 2000 + "b"), "too long a name"),
    Input("setuid bits", tarred(a_member("1.jpg", tarfile.REGTYPE, mode=0o6777, uid=0)), {"1.jpg": b""}),
]
ARCHIVES = [*OUT_OF_THE_FOLDER, *LINKS, *BOMBS, *DAMAGED, *NAMES]
