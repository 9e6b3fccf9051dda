"""Archives that are damaged, odd or hostile, and the files that they unpack to or a phrase of their refusal."""

import bz2
import gzip
import lzma
import stat
import tarfile

from tests.corpus.form import Input
from tests.corpus.packed import (
    FILES,
    a_member,
    claimed_size,
    cut,
    encrypted,
    flipped,
    hard_link,
    header_of,
    huge_directory,
    links_upon_links,
    many_hard_links,
    members_without_end,
    nested,
    nul_in_a_name,
    overlapping_zip,
    patched_zip,
    pax,
    sparse,
    symlink,
    tarred,
    two_of_one_name,
    written,
    zeros_after_the_end,
    zeros_in,
    zip_bomb,
    zip_of_files,
    zip_with_mode,
    zipped,
)

TAR, GZ, XZ, BZ2 = (tarred(*FILES, mode=mode) for mode in ("w", "w:gz", "w:xz", "w:bz2"))
OUTSIDE = "outside the folder that it is unpacked into"
UNREADABLE = "damaged, cut off, or neither zip nor tar"
BOMB = "archive bomb"
TAKEN = "conflicts with an earlier member"

OUT_OF_THE_FOLDER = [
    Input(f"{kind} with a member {what}", make, OUTSIDE)
    for what, name in {
        "at an absolute path": "/tmp/evil.jpg",
        "at a path with two leading slashes": "//tmp/evil.jpg",
        "above its folder": "../evil.jpg",
        "above its folder by a detour": "train/./../../evil.jpg",
        "above its folder with backslashes": "..\\evil.jpg",
        "above its folder with both slashes": "train\\../..\\evil.jpg",
        "on a drive": "C:\\evil.jpg",
        "relative to a drive": "c:evil.jpg",
        "that is the parent folder": "..",
    }.items()
    for kind, make in {"a zip": zipped(name), "a tar": tarred(name)}.items()
]
LINKS = [
    Input("a link to an absolute path", tarred(symlink("1.jpg", "/etc/passwd")), OUTSIDE),
    Input("a link above its folder", tarred(symlink("train/1.jpg", "../../../etc/passwd")), OUTSIDE),
    Input("a link with backslashes", tarred(symlink("train/1.jpg", "..\\..\\evil")), "which is not a file in"),
    Input("a hard link to an absolute path", tarred(hard_link("1.jpg", "/etc/passwd")), OUTSIDE),
    Input("a hard link above its folder", tarred(hard_link("train/1.jpg", "../evil")), OUTSIDE),
    Input("a link to a link out of the folder", tarred(symlink("a", "b"), symlink("b", "/etc")), OUTSIDE),
    Input("a file behind a link out of the folder", tarred(symlink("a", "/tmp"), "a/evil.jpg"), OUTSIDE),
    Input(
        "a link to itself", tarred(symlink("1.jpg", "1.jpg")), "member '1.jpg' links to '1.jpg', which is not a file"
    ),
    Input("links in a circle", tarred(symlink("a", "b"), symlink("b", "a")), "member 'a' links to 'b', which is not"),
    Input("a link to nothing", tarred(symlink("1.jpg", "2.jpg")), "links to '2.jpg', which is not a file"),
    Input(
        "a link to a folder", tarred(a_member("d", tarfile.DIRTYPE), symlink("e", "d")), "links to 'd', which is not"
    ),
    Input(
        "a file behind a link within the folder", tarred("d/1.jpg", symlink("e", "d"), "e/2.jpg"), "which is not a file"
    ),
    Input("a link to a later file", tarred(symlink("1.jpg", "2.jpg"), "2.jpg"), {"1.jpg": b"2.jpg", "2.jpg": b"2.jpg"}),
    Input("a hard link", tarred("a/1", hard_link("b", "a/1")), {"a/1": b"a/1", "b": b"a/1"}),
    Input("a chain of 1200 links", links_upon_links, {f"{n}.jpg": b"1200.jpg" for n in range(1201)}),
    Input("a link in a zip", zip_with_mode(stat.S_IFLNK | 0o777), "is a link or a device"),
    Input("a character device", tarred(a_member("1.jpg", tarfile.CHRTYPE, devmajor=1, devminor=5)), "is a device"),
    Input("a block device", tarred(a_member("1.jpg", tarfile.BLKTYPE, devmajor=8)), "is a device"),
    Input("a pipe", tarred(a_member("1.jpg", tarfile.FIFOTYPE)), "is a device"),
    Input("a pipe in a zip", zip_with_mode(stat.S_IFIFO | 0o644), "is a link or a device"),
]
BOMBS = [
    Input("10 GB of zeros in a zip of 10 MB", zip_bomb, BOMB),
    Input("a terabyte of overlapping zip members", overlapping_zip, BOMB),
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
    Input("a name of 3 GB that is present", header_of(tarfile.GNUTYPE_LONGNAME, 3 << 30, zeros=3 << 30), UNREADABLE),
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
    Input("a zip whose member is larger than declared", patched_zip(24, b"\x05\x00\x00\x00", 22), UNREADABLE),
    Input("an encrypted zip", encrypted, "member '1.jpg' is encrypted; pack it without a password"),
    Input("a zip compressed by an unknown method", patched_zip(10, b"\x4d\x00", 8), "compression"),
    Input("a zip whose member lies beyond its end", patched_zip(42, b"\xff\xff\x00\x00"), UNREADABLE),
    Input("a tar with a negative PAX size", pax(size="-1024"), UNREADABLE),
    Input("a tar with a PAX size of 5000 digits", pax(size="9" * 5000), {"1.jpg": b"", "2.jpg": b"2.jpg"}),
    Input("a tar with sparse fields that are not numbers", pax(**{"GNU.sparse.map": "a,b"}), UNREADABLE),
    Input("a login page", written("tiny.zip", b"<!DOCTYPE html><form>Log in"), "is an HTML page"),
    Input("a text named .tar.gz", written("tiny.tar.gz", b"not found\n"), UNREADABLE),
    Input("an empty file named .zip", written("tiny.zip", b""), UNREADABLE),
    Input("an image named .zip", written("tiny.zip", b"\xff\xd8\xff\xe0" + bytes(1000)), UNREADABLE),
    Input("a RAR", written("tiny.tar", b"Rar!\x1a\x07\x01\x00" + bytes(1000)), UNREADABLE),
    Input("a zip without members", zipped(), "holds no files"),
    Input("a tar without members", tarred(), "holds no files"),
    Input("a tar of folders only", tarred(a_member("train", tarfile.DIRTYPE)), "holds no files"),
    Input("a zip of operating system junk", zipped("__MACOSX/1.jpg", ".DS_Store"), "holds no files"),
]
UNICODE = {"train/Zürich 図 🙂.jpg": b"evil"}
NAMES = [
    Input("two members of the same name in a zip", two_of_one_name, TAKEN),
    Input("two members of the same name in a tar", tarred("1.jpg", "1.jpg"), TAKEN),
    Input("two members of the same name but for a dot", tarred("1.jpg", "./1.jpg"), TAKEN),
    Input("a file where a folder is needed", zipped("a", "a/b"), TAKEN),
    Input("a folder where a file is needed", tarred("a/b/c", "a"), TAKEN),
    Input("a file where a grandparent folder is needed", tarred("a", "a/b/c"), TAKEN),
    Input("a member without a name", zipped("."), TAKEN),
    Input("names that differ in case only", tarred("A.jpg", "a.jpg"), {"A.jpg": b"A.jpg", "a.jpg": b"a.jpg"}),
    Input("names in Unicode in a zip", zipped(*UNICODE), UNICODE),
    Input("a name with a space and a quote", zipped("a 'b' \"c\".jpg"), {"a 'b' \"c\".jpg": b"evil"}),
    Input(
        "a name that a shell would run",
        zipped("$(touch ran);`touch ran`.jpg"),
        {"$(touch ran);`touch ran`.jpg": b"evil"},
    ),
    Input("a name that starts with a dash", tarred("--out=x"), {"--out=x": b"--out=x"}),
    Input("a newline in a name in a zip", zipped("a\nb.jpg"), r"member 'a\nb.jpg' has a name with control characters"),
    Input("a newline in a name in a tar", tarred("a\nb.jpg"), r"member 'a\nb.jpg' has a name with control characters"),
    Input("an escape sequence in a name", tarred("\x1b[2J.jpg"), r"member '\x1b[2J.jpg' has a name with control"),
    Input("a NUL in a name in a zip", nul_in_a_name, r"member 'a\x00b.jpg' has a name with control characters"),
    Input("a NUL in a PAX path", pax(path="a\0b.jpg"), r"a\x00b.jpg' has a name with control characters"),
    Input("a name in Latin-1", tarred("f\udcfcr.jpg", format=tarfile.GNU_FORMAT), r"f\udcfcr.jpg' has a name with"),
    Input("a name of 300 letters", zipped("x" * 300), "too long a name; 255 bytes at most"),
    Input("a name of 60000 letters in a zip", zipped("x" * 60_000), "too long a name"),
    Input("a name of 90000 letters in a tar", tarred("x" * 90_000), "too long a name"),
    Input("a path of 2000 folders", tarred("a/" * 2000 + "b"), "too long a name"),
    Input("setuid bits", tarred(a_member("1.jpg", tarfile.REGTYPE, mode=0o6777, uid=0)), {"1.jpg": b""}),
]
ARCHIVES = [*OUT_OF_THE_FOLDER, *LINKS, *BOMBS, *DAMAGED, *NAMES]
