"""Tests of `fetch`: where it looks for a source, what its errors say, and how it resumes after an interruption."""

import json
import os
import re
from pathlib import Path

import pytest

from pixcycle.base.disk_full import DiskFull
from pixcycle.base.errors import UserError
from pixcycle.data.fetch.locations import fetch
from pixcycle.params.dataset import Source
from tests.conftest import wait_until
from tests.support.disks import disk
from tests.support.facades import (
    CONTENT,
    FILES,
    GOOD,
    OTHER,
    OUT,
    RECORDED,
    REPACKED,
    WORK,
    archive_at,
    files_of,
    get,
    refusal,
    sha256,
    tarball,
)
from tests.support.processes import PROCESSES
from tests.support.servers import PAGE

pytestmark = pytest.mark.usefixtures("in_a_project_folder")


def test_fetch_downloads_verifies_and_unpacks_an_archive(server):
    address = server.put("/d/facades.tar.gz", GOOD)
    [entry] = get(Source(locations=[address], size=len(GOOD), sha256=sha256(GOOD)))
    assert files_of(entry) == FILES
    expected = {"location": address, "sha256": sha256(GOOD), "size": len(GOOD), "content": CONTENT}
    assert entry == expected | {"root": "files-0", "in_place": False}
    assert not RECORDED.exists()


@pytest.mark.parametrize("place", ["mirror", "location"])
@pytest.mark.parametrize("fails", [False, True])
def test_fetch_stores_and_prints_no_password_of_an_address(server, capfd, place, fails):
    address = server.put("/d/facades.tar.gz", PAGE if fails else GOOD)
    own = "http://user:secret@" + address.removeprefix("http://")
    source = Source(locations=[own if place == "location" else "http://127.0.0.1:1/d/facades.tar.gz"])
    mirror = own.removesuffix("/d/facades.tar.gz") if place == "mirror" else None
    if fails:
        told = refusal(source, mirror=mirror)
    else:
        [entry] = get(source, mirror=mirror)
        told = json.dumps(entry) + RECORDED.read_text()
    assert address in told and "secret" not in told and "user" not in told.replace("user's", "")
    assert not [file for file in Path().rglob("*") if file.is_file() and b"secret" in file.read_bytes()]
    assert "secret" not in "".join(capfd.readouterr())


@pytest.mark.parametrize("path", ["my data/facades.tar.gz", "{here}/my data/facades.tar.gz"])
def test_fetch_unpacks_a_local_archive_and_keeps_it(tmp_path, path):
    path = archive_at(path.format(here=tmp_path))
    [entry] = get(Source(locations=[path], sha256=sha256(GOOD)))
    assert files_of(entry) == FILES
    assert Path(path).read_bytes() == GOOD


def test_fetch_accepts_percent_encoded_file_addresses(tmp_path):
    archive_at("my data/facades.tar.gz")
    [entry] = get(Source(locations=[f"file://{tmp_path}/my%20data/facades.tar.gz"], sha256=sha256(GOOD)))
    assert files_of(entry) == FILES


def test_fetch_uses_a_folder_in_place(tmp_path):
    for path, content in FILES.items():
        archive_at(f"own/{path}", content)
    [entry] = get(Source(locations=["own"]))
    expected = {"location": "own", "sha256": None, "size": None, "content": CONTENT}
    assert entry == expected | {"root": "own", "in_place": True}
    assert not RECORDED.exists()
    assert not list(OUT.glob("files-*"))


def test_fetch_outside_the_project_records_an_absolute_path(tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    archive_at(str(elsewhere / "facades/1.jpg"), b"one")
    [entry] = get(Source(locations=[str(elsewhere)]))
    assert entry["root"] == str(elsewhere)


def test_fetch_checks_a_folder_by_content_but_not_by_sha256():
    archive_at("own/facades/1.jpg", b"one")
    assert CONTENT in refusal(Source(locations=["own"], content=CONTENT))
    assert "declare `content`" in refusal(Source(locations=["own"], sha256="1" * 64))


def test_fetch_uses_a_file_of_an_installed_package_in_place():
    import email

    [entry] = get(Source(locations=["package:email/message.py"]))
    assert Path(entry["root"]) == Path(email.__file__).with_name("message.py")
    assert entry["sha256"] == sha256(Path(entry["root"]).read_bytes())


def test_fetch_names_missing_packages_and_package_files():
    assert "no_such_package is not installed" in refusal(Source(locations=["package:no_such_package/x.jpg"]))
    assert "has no file x.jpg" in refusal(Source(locations=["package:email/x.jpg"]))


def test_fetch_uses_a_local_image_in_place_and_downloads_a_remote_one(server, tmp_path):
    image = b"\xff\xd8\xff\xe0" + bytes(1000)
    declared = {"sha256": sha256(image)}
    here, there = get(
        Source(locations=[archive_at("own/earth.jpg", image)], **declared),
        Source(locations=[server.put("/earth.jpg", image)], **declared),
    )
    assert (here["root"], here["in_place"]) == ("own/earth.jpg", True)
    assert there["root"] == "files-1/earth.jpg"
    assert (OUT / there["root"]).read_bytes() == image
    assert here["content"] == there["content"] == sha256(f"{sha256(image)}  earth.jpg\n".encode())


def fetch_facades(project: Path, address: str) -> None:
    os.chdir(project)
    source = Source(locations=[address], sha256=sha256(GOOD))
    fetch("facades", [source], OUT, mirror=None, recorded=RECORDED, progress=False)


def bytes_received() -> int:
    return sum(file.stat().st_size for file in WORK.rglob("facades.tar.gz"))


def test_killed_fetch_leaves_no_result_and_the_next_call_resumes(server):
    address = server.put("/facades.tar.gz", GOOD, lose_after=[600_000], stall=True)
    process = PROCESSES.Process(target=fetch_facades, args=(Path.cwd(), address))
    process.start()
    wait_until(lambda: bytes_received() >= 500_000)
    process.kill()
    process.join()
    assert not OUT.exists()
    received = bytes_received()
    server.asked.clear()
    assert files_of(*get(Source(locations=[address], sha256=sha256(GOOD)))) == FILES
    assert server.asked == [("/facades.tar.gz", f"bytes={received}-")]


def test_fetch_discards_what_a_killed_call_unpacked():
    (WORK / "files-0/facades").mkdir(parents=True)
    (WORK / "files-0/facades/half.jpg").write_bytes(b"half")
    assert files_of(*get(Source(locations=[archive_at("facades.tar.gz")], sha256=sha256(GOOD)))) == FILES


def test_fetch_keeps_finished_sources_when_a_later_one_fails(server):
    first = Source(locations=[server.put("/1.tar.gz", GOOD)], sha256=sha256(GOOD))
    second = Source(locations=[server.put("/2.tar.gz", PAGE, status=404)], sha256=sha256(REPACKED))
    with pytest.raises(UserError, match=r"2\.tar\.gz"):
        get(first, second)
    assert not OUT.exists()
    server.put("/2.tar.gz", REPACKED)
    assert [files_of(entry) for entry in get(first, second)] == [FILES, FILES]
    assert [path for path, _ in server.asked] == ["/1.tar.gz", "/2.tar.gz", "/2.tar.gz"]


def test_fetch_reports_a_hostile_archive_and_tries_the_next_location():
    evil = archive_at("evil.tar.gz", tarball(FILES | {"../../evil.jpg": b"evil"}))
    reason = refusal(Source(locations=[evil]))
    assert "evil.tar.gz: " in reason and "'../../evil.jpg' lies outside" in reason
    [entry] = get(Source(locations=[evil, archive_at("facades.tar.gz")], content=CONTENT))
    assert entry["location"] == "facades.tar.gz"
    assert not list(Path().rglob("evil.jpg"))


def test_fetch_error_lists_every_location_with_reason_and_advice(server):
    places = [
        server.put("/1/facades.tar.gz", PAGE, status=404),
        server.put("/2/facades.tar.gz", PAGE),
        server.put("/3/facades.tar.gz", OTHER),
        "http://127.0.0.1:1/facades.tar.gz",
        "ftp://example.org/facades.tar.gz",
        "nowhere/facades.tar.gz",
    ]
    source = Source(locations=places, sha256=sha256(GOOD))
    expected = ["404", "HTML page", sha256(OTHER), "refused", "must be an http://", "no such file"]
    _, *lines, advice = refusal(source).splitlines()
    assert len(lines) == len(places)
    for line, place, reason in zip(lines, places, expected, strict=True):
        assert line.strip().startswith(f"{place}: ") and reason in line
    assert all(part in advice for part in ("--config mirror=", "PIXCYCLE_MIRROR", "nowhere/facades.tar.gz"))


def test_fetch_finds_a_file_where_its_error_message_says_to_put_it(server):
    source = Source(locations=[server.put("/pix2pix/facades.tar.gz", PAGE, status=404)], sha256=sha256(GOOD))
    advice = refusal(source).splitlines()[-1]
    assert " data/mirror/pix2pix/facades.tar.gz " in advice and "mirror=data/mirror" in advice
    archive_at("data/mirror/pix2pix/facades.tar.gz")
    assert files_of(*get(source, mirror="data/mirror")) == FILES


def test_fetch_says_what_to_bring_and_works_once_it_is_there():
    source = Source(locations=["data/bring/facades.zip"], bring="register at https://example.org and get F.zip")
    reason = refusal(source)
    assert "register at https://example.org and get F.zip; " in reason and "data/bring/facades.zip" in reason
    archive_at("data/bring/facades.zip", GOOD)
    assert files_of(*get(source)) == FILES
    assert Path("data/bring/facades.zip").exists()


@pytest.mark.parametrize("kind", ["http", "file", "folder"])
def test_fetch_tries_the_mirror_first_with_the_first_web_path(server, tmp_path, kind):
    original = server.put("/pix2pix/a%20b/facades.tar.gz", GOOD)
    archive_at("mirror/pix2pix/a b/facades.tar.gz")
    server.put("/copy/pix2pix/a%20b/facades.tar.gz", GOOD)
    mirror = {"http": f"{server.address}/copy/", "file": f"file://{tmp_path}/mirror", "folder": "mirror"}[kind]
    [entry] = get(Source(locations=["nowhere.tar.gz", original], sha256=sha256(GOOD)), mirror=mirror)
    assert files_of(entry) == FILES
    assert entry["location"].startswith(mirror)
    assert [path for path, _ in server.asked] == ["/copy/pix2pix/a%20b/facades.tar.gz"] * (kind == "http")


def test_fetch_falls_back_from_the_mirror_to_the_original(server):
    original = server.put("/facades.tar.gz", GOOD)
    [entry] = get(Source(locations=[original], sha256=sha256(GOOD)), mirror=f"{server.address}/mirror")
    assert entry["location"] == original
    assert [path for path, _ in server.asked] == ["/mirror/facades.tar.gz", "/facades.tar.gz"]


def test_fetch_does_not_ask_the_mirror_for_local_sources(server):
    get(Source(locations=[archive_at("facades.tar.gz")], sha256=sha256(GOOD)), mirror=server.address)
    assert server.asked == []


@pytest.mark.parametrize(
    ("size", "named", "sized", "downloads"),
    [
        pytest.param(500_000, "downloads/[0-9a-f]{8}/facades.tar.gz", True, 1, id="downloading, resumed later"),
        pytest.param(1_500_000, "files-0/facades/train/1.jpg", True, 1, id="unpacking a download of known size"),
        pytest.param(1_500_000, "files-0/facades/train/1.jpg", False, 2, id="unpacking a download of unknown size"),
    ],
)
def test_fetch_reports_a_full_disk_and_continues_once_there_is_room(server, size, named, sized, downloads):
    address = server.put("/facades.tar.gz", GOOD, sized=sized)
    source = Source(locations=[address, "elsewhere.zip"], sha256=sha256(GOOD))
    with disk(Path("data/raw"), size) as small:
        with pytest.raises(DiskFull) as error:
            get(source)
        assert re.fullmatch(rf"{WORK}/{named}: the disk is full; free at least [0-9.]+ MB and .*", str(error.value))
        assert not OUT.exists() and not list(WORK.glob("files-*"))
        small.resize(3_000_000)
        assert files_of(*get(source)) == FILES
    assert server.sent < downloads * len(GOOD) + 500_000


def test_fetch_progress_names_dataset_action_and_file(server, capsys):
    source = Source(locations=[server.put("/d/facades.tar.gz", GOOD)])
    fetch("facades", [source], OUT, mirror=None, recorded=RECORDED)
    *downloading, unpacking = capsys.readouterr().err.splitlines()
    assert downloading
    assert all(line.startswith("facades  facades.tar.gz  0.") for line in downloading)
    assert unpacking == "facades  unpacking facades.tar.gz"


def test_fetch_prints_nothing_without_progress(server, capsys):
    get(Source(locations=[server.put("/facades.tar.gz", GOOD)]))
    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif("PIXCYCLE_TEST_MIRROR" not in os.environ, reason="PIXCYCLE_TEST_MIRROR names no mirror")
def test_fetch_gets_the_published_facades_from_a_mirror():
    content = "325982c21965cc04b896f5c388a245fe7119975bc8b599afb959caa4fe6713bd"
    published = "http://efrosgans.eecs.berkeley.edu/pix2pix/datasets/facades.tar.gz"
    source = Source(locations=[published], content=content)
    [entry] = get(source, mirror=os.environ["PIXCYCLE_TEST_MIRROR"])
    assert entry["content"] == content
    counts = {split: len(list((OUT / "files-0/facades" / split).iterdir())) for split in ("train", "val", "test")}
    assert counts == {"train": 400, "val": 100, "test": 106}
    assert len(files_of(entry)) == 606
