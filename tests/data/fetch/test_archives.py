import hashlib
import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from pixcycle.base.errors import UserError
from pixcycle.data.fetch.archives import archive_content_digest, is_archive, unpack

FILES = {
    "facades/train/1.jpg": b"one" * 50_000,
    "facades/train/2.jpg": b"",
    "facades/val/1.jpg": bytes(range(256)),
}
KINDS = ["zip", "tar", "tar.gz", "tgz", "tar.bz2", "tar.xz"]


def listing_digest(files: dict[str, bytes]) -> str:
    lines = [f"{hashlib.sha256(content).hexdigest()}  {path}\n" for path, content in sorted(files.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def packed(archive: Path, files: dict[str, bytes]) -> Path:
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
            for path, content in files.items():
                opened.writestr(path, content)
    else:
        compression = {".tgz": "gz", ".tar": ""}.get(archive.suffix, archive.suffix[1:])
        with tarfile.open(archive, f"w:{compression}") as opened:
            for path, content in files.items():
                member = tarfile.TarInfo(path)
                member.size = len(content)
                opened.addfile(member, io.BytesIO(content))
    return archive


def tar_with(archive: Path, name: str, type: bytes, linkname: str = "") -> Path:
    packed(archive, FILES)
    with tarfile.open(archive, "a") as opened:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = type, linkname
        opened.addfile(member)
    return archive


def unpacked(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def refusal(archive: Path) -> str:
    """Return why an archive is refused, after checking that neither way of reading it leaves anything behind."""
    before = set(archive.parent.rglob("*"))
    with pytest.raises(UserError) as unpacking:
        unpack(archive, archive.parent / "folder")
    with pytest.raises(UserError) as reading:
        archive_content_digest(archive)
    assert set(archive.parent.rglob("*")) == before
    assert str(unpacking.value) == str(reading.value)
    assert archive.name in str(reading.value)
    return str(reading.value)


@pytest.mark.parametrize("kind", KINDS)
def test_unpack_returns_the_content_digest_of_every_archive_kind(tmp_path, kind):
    archive = packed(tmp_path / f"facades.{kind}", FILES)
    assert is_archive(archive)
    assert archive_content_digest(archive) == listing_digest(FILES)
    assert unpack(archive, tmp_path / "folder") == listing_digest(FILES)
    assert unpacked(tmp_path / "folder") == FILES


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_is_archive_recognises_nameless_archives_by_first_bytes(tmp_path, kind):
    nameless = packed(tmp_path / f"facades.{kind}", FILES).rename(tmp_path / "download")
    assert is_archive(nameless)
    assert archive_content_digest(nameless) == listing_digest(FILES)


def test_is_archive_is_false_for_an_image(tmp_path):
    image = tmp_path / "earth.jpg"
    image.write_bytes(b"\xff\xd8\xff\xe0" + bytes(1000))
    assert not is_archive(image)


def test_archive_content_digest_reads_a_tar_that_begins_with_pk(tmp_path):
    files = {"PKLot/1.jpg": b"cars"}
    assert archive_content_digest(packed(tmp_path / "pklot.tar", files)) == listing_digest(files)


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_unpack_skips_junk_and_ignores_leading_dots(tmp_path, kind):
    junk = {"__MACOSX/facades/1.jpg": b"x", "facades/._1.jpg": b"x", "facades/.DS_Store": b"x"}
    dotted = {f"./{path}": content for path, content in FILES.items()}
    archive = packed(tmp_path / f"facades.{kind}", dotted | junk)
    assert unpack(archive, tmp_path / "folder") == listing_digest(FILES)
    assert unpacked(tmp_path / "folder") == FILES


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
@pytest.mark.parametrize("name", ["../evil.jpg", "/evil.jpg", "a/../../evil.jpg", "..\\evil.jpg", ".."])
def test_unpack_refuses_a_member_outside_the_folder(tmp_path, kind, name):
    reason = refusal(packed(tmp_path / f"facades.{kind}", FILES | {name: b"evil"}))
    assert f"member '{name}' lies outside" in reason


@pytest.mark.parametrize(
    ("type", "target"),
    [
        (tarfile.SYMTYPE, "../../../etc"),
        (tarfile.SYMTYPE, "/etc/passwd"),
        (tarfile.LNKTYPE, "../evil.jpg"),
        (tarfile.LNKTYPE, "/etc/passwd"),
    ],
)
def test_unpack_refuses_a_link_pointing_outside(tmp_path, type, target):
    reason = refusal(tar_with(tmp_path / "facades.tar", "facades/train/link", type, target))
    assert f"'facades/train/link' links to '{target}'" in reason


def test_unpack_writes_no_file_through_a_link_pointing_outside(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    archive = tar_with(tmp_path / "facades.tar", "facades/link", tarfile.SYMTYPE, str(outside))
    with tarfile.open(archive, "a") as opened:
        opened.addfile(tarfile.TarInfo("facades/link/evil.jpg"))
    assert "facades/link" in refusal(archive)
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("type", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_unpack_refuses_a_device(tmp_path, type):
    assert "member 'facades/null' is a device" in refusal(tar_with(tmp_path / "x.tar", "facades/null", type))


@pytest.mark.parametrize("target", [".", "../nowhere.jpg", "loop"])
def test_unpack_refuses_a_link_to_anything_but_an_archived_file(tmp_path, target):
    assert "facades.tar" in refusal(tar_with(tmp_path / "facades.tar", "facades/loop", tarfile.SYMTYPE, target))


@pytest.mark.parametrize(
    ("type", "target"), [(tarfile.SYMTYPE, "../val/1.jpg"), (tarfile.LNKTYPE, "facades/val/1.jpg")]
)
def test_unpack_copies_the_target_of_a_link_within_a_tar(tmp_path, type, target):
    archive = tar_with(tmp_path / "facades.tar", "facades/train/link.jpg", type, target)
    files = FILES | {"facades/train/link.jpg": FILES["facades/val/1.jpg"]}
    assert unpack(archive, tmp_path / "folder") == listing_digest(files)
    assert unpacked(tmp_path / "folder") == files
    assert not (tmp_path / "folder/facades/train/link.jpg").is_symlink()


def test_unpack_refuses_a_link_in_a_zip(tmp_path):
    archive = packed(tmp_path / "facades.zip", FILES)
    with zipfile.ZipFile(archive, "a") as opened:
        link = zipfile.ZipInfo("facades/link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        opened.writestr(link, "../../etc/passwd")
    assert "member 'facades/link' is a link" in refusal(archive)


def test_unpack_refuses_an_encrypted_zip(tmp_path):
    archive = packed(tmp_path / "facades.zip", FILES)
    content = bytearray(archive.read_bytes())
    content[6] |= 1  # bit 0 of the flags, in the header of the first file and in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)
    assert "'facades/train/1.jpg' is encrypted" in refusal(archive)


def test_unpack_refuses_a_zip_with_unknown_compression(tmp_path):
    archive = packed(tmp_path / "facades.zip", FILES)
    content = bytearray(archive.read_bytes())
    content[8] = content[content.index(b"PK\x01\x02") + 10] = 77
    archive.write_bytes(content)
    assert "compression" in refusal(archive)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_unpack_refuses_a_truncated_archive(tmp_path, kind, share):
    archive = packed(tmp_path / f"facades.{kind}", FILES)
    content = archive.read_bytes()
    archive.write_bytes(content[: int(share * len(content))])
    assert "cut off" in refusal(archive)


def test_unpack_refuses_a_tar_truncated_between_members(tmp_path):
    archive = packed(tmp_path / "facades.tar", FILES)
    with tarfile.open(archive) as opened:
        second = opened.getmembers()[1].offset
    archive.write_bytes(archive.read_bytes()[:second])
    assert "its end is missing" in refusal(archive)


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.bz2", "tar.xz"])
def test_unpack_detects_a_flipped_bit_in_compressed_content(tmp_path, kind):
    archive = packed(tmp_path / f"facades.{kind}", {"1.bin": hashlib.shake_256(b"").digest(100_000)})
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 1
    archive.write_bytes(content)
    assert "cannot be read" in refusal(archive)


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_unpack_refuses_an_archive_without_files(tmp_path, kind):
    assert "holds no files" in refusal(packed(tmp_path / f"facades.{kind}", {".DS_Store": b"junk"}))


def test_unpack_refuses_an_html_page(tmp_path):
    page = tmp_path / "facades.zip"
    page.write_text("<!doctype html><title>404</title>" * 100)
    assert "neither zip nor tar" in refusal(page)
