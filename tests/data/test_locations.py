import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from functools import partial
from pathlib import Path

import pytest

from pixcycle.config import Source
from pixcycle.data.locations import fetch, fetch_file
from pixcycle.data.own import note_own_data
from pixcycle.errors import UserError
from pixcycle.room import DiskFull
from tests.disks import disk
from tests.servers import PAGE

FILES = {"facades/train/1.jpg": hashlib.shake_256(b"1").digest(900_000), "facades/val/1.jpg": b"two"}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def tarball(files: dict[str, bytes], compression: str = "gz") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=f"w:{compression}") as opened:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
    return packed.getvalue()


GOOD = tarball(FILES)
REPACKED = tarball(FILES, "xz")
OTHER = tarball(FILES | {"facades/val/1.jpg": b"2"})
CONTENT = sha256("".join(f"{sha256(content)}  {path}\n" for path, content in sorted(FILES.items())).encode())


@pytest.fixture(autouse=True)
def in_a_project_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


OUT = Path("data/raw/facades-1234abcd")
WORK = Path("data/raw/facades-1234abcd.part")
RECORDED = Path("data/recorded.json")


def get(*sources: Source, mirror: str | None = None) -> list[dict]:
    """Fetch facades, prove that its folder is complete, and return the sources of fetched.json."""
    fetch("facades", list(sources), OUT, mirror=mirror, recorded=RECORDED, progress=False)
    assert not WORK.exists()
    fetched = json.loads((OUT / "fetched.json").read_text())
    assert fetched["dataset"] == "facades"
    assert len(fetched["sources"]) == len(sources)
    kept = {"fetched.json"} | {f"files-{index}" for index in range(len(sources))}
    assert {entry.name for entry in OUT.iterdir()} <= kept
    return fetched["sources"]


def refusal(*sources: Source, mirror: str | None = None) -> str:
    with pytest.raises(UserError) as refused:
        get(*sources, mirror=mirror)
    assert not OUT.exists()
    assert not list(WORK.glob("files-*"))
    assert str(refused.value).startswith("facades: ")
    return str(refused.value)


def files_of(entry: dict) -> dict[str, bytes]:
    root = OUT / entry["root"]
    return {str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()}


def archive_at(path: str, content: bytes = GOOD) -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content)
    return path


def test_an_archive_is_downloaded_verified_and_unpacked(server):
    address = server.put("/d/facades.tar.gz", GOOD)
    [entry] = get(Source(locations=[address], size=len(GOOD), sha256=sha256(GOOD)))
    assert files_of(entry) == FILES
    assert entry == {
        "location": address, "sha256": sha256(GOOD), "size": len(GOOD), "content": CONTENT, "root": "files-0",
    }  # fmt: skip
    assert not RECORDED.exists()


@pytest.mark.parametrize("path", ["my data/facades.tar.gz", "{here}/my data/facades.tar.gz"])
def test_an_archive_on_this_disk_is_unpacked_from_where_it_lies(tmp_path, path):
    path = archive_at(path.format(here=tmp_path))
    [entry] = get(Source(locations=[path], sha256=sha256(GOOD)))
    assert files_of(entry) == FILES
    assert Path(path).read_bytes() == GOOD


def test_a_file_address_may_be_percent_encoded(tmp_path):
    archive_at("my data/facades.tar.gz")
    [entry] = get(Source(locations=[f"file://{tmp_path}/my%20data/facades.tar.gz"], sha256=sha256(GOOD)))
    assert files_of(entry) == FILES


def test_a_folder_is_used_where_it_is(tmp_path):
    for path, content in FILES.items():
        archive_at(f"own/{path}", content)
    [entry] = get(Source(locations=["own"]))
    assert entry == {
        "location": "own", "sha256": None, "size": None, "content": CONTENT, "root": str(tmp_path / "own"),
    }  # fmt: skip
    assert not RECORDED.exists()
    assert not list(OUT.glob("files-*"))


def test_a_folder_is_held_to_the_declared_content_and_cannot_be_held_to_a_sha256():
    archive_at("own/facades/1.jpg", b"one")
    assert CONTENT in refusal(Source(locations=["own"], content=CONTENT))
    assert "declare `content`" in refusal(Source(locations=["own"], sha256="1" * 64))


def test_a_file_of_an_installed_package_is_used_where_it_is():
    import email

    [entry] = get(Source(locations=["package:email/message.py"]))
    assert Path(entry["root"]) == Path(email.__file__).with_name("message.py")
    assert entry["sha256"] == sha256(Path(entry["root"]).read_bytes())


def test_a_package_or_file_that_is_not_installed_is_named():
    assert "no_such_package is not installed" in refusal(Source(locations=["package:no_such_package/x.jpg"]))
    assert "has no file x.jpg" in refusal(Source(locations=["package:email/x.jpg"]))


def test_a_single_image_is_kept_where_it_lies_or_downloaded_under_its_name(server, tmp_path):
    image = b"\xff\xd8\xff\xe0" + bytes(1000)
    declared = {"sha256": sha256(image)}
    here, there = get(
        Source(locations=[archive_at("own/earth.jpg", image)], **declared),
        Source(locations=[server.put("/earth.jpg", image)], **declared),
    )
    assert here["root"] == str(tmp_path / "own/earth.jpg")
    assert there["root"] == "files-1/earth.jpg"
    assert (OUT / there["root"]).read_bytes() == image
    assert here["content"] == there["content"] == sha256(f"{sha256(image)}  earth.jpg\n".encode())


def test_a_fetch_killed_in_the_middle_leaves_nothing_finished_and_the_next_call_resumes(server):
    address = server.put("/facades.tar.gz", GOOD, lose_after=[600_000], stall=True)
    code = f"""
from pathlib import Path
from pixcycle.config import Source
from pixcycle.data.locations import fetch
source = Source(locations=[{address!r}], sha256={sha256(GOOD)!r})
fetch("facades", [source], Path({str(OUT)!r}), mirror=None, recorded=Path({str(RECORDED)!r}))
"""
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    here = 0
    while here < 500_000:
        time.sleep(0.02)
        assert process.poll() is None
        here = sum(file.stat().st_size for file in WORK.rglob("facades.tar.gz"))
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not OUT.exists()
    here = sum(file.stat().st_size for file in WORK.rglob("facades.tar.gz"))
    server.asked.clear()
    assert files_of(*get(Source(locations=[address], sha256=sha256(GOOD)))) == FILES
    assert server.asked == [("/facades.tar.gz", f"bytes={here}-")]


def test_what_a_killed_call_had_unpacked_by_half_is_unpacked_anew():
    (WORK / "files-0/facades").mkdir(parents=True)
    (WORK / "files-0/facades/half.jpg").write_bytes(b"half")
    assert files_of(*get(Source(locations=[archive_at("facades.tar.gz")], sha256=sha256(GOOD)))) == FILES


def test_a_finished_source_is_not_fetched_again_when_the_next_one_failed(server):
    first = Source(locations=[server.put("/1.tar.gz", GOOD)], sha256=sha256(GOOD))
    second = Source(locations=[server.put("/2.tar.gz", PAGE, status=404)], sha256=sha256(REPACKED))
    with pytest.raises(UserError, match=r"2\.tar\.gz"):
        get(first, second)
    assert not OUT.exists()
    server.put("/2.tar.gz", REPACKED)
    assert [files_of(entry) for entry in get(first, second)] == [FILES, FILES]
    assert [path for path, _ in server.asked] == ["/1.tar.gz", "/2.tar.gz", "/2.tar.gz"]


@pytest.mark.parametrize("declared", [{"sha256": sha256(GOOD)}, {"content": CONTENT}, {}])
@pytest.mark.parametrize("name", ["facades.tar.gz", "earth.jpg"])
def test_a_page_in_place_of_the_data_is_told_and_not_kept(server, declared, name):
    address = server.put(f"/{name}", PAGE)
    assert f"{address}: is an HTML page" in refusal(Source(locations=[address], **declared))
    assert not RECORDED.exists()
    assert not list(WORK.rglob(name))


@pytest.mark.parametrize("compression", ["gz", "xz"])
@pytest.mark.parametrize("declared", ["size", "content", "nothing"])
def test_a_cut_off_file_is_told_even_when_the_server_does_not_say_how_long_it_is(server, compression, declared):
    whole = tarball(FILES, compression)
    address = server.put(f"/facades.tar.{compression}", whole[:-1000], sized=False)
    source = {
        "size": Source(locations=[address], size=len(whole), sha256=sha256(whole)),
        "content": Source(locations=[address], content=CONTENT),
        "nothing": Source(locations=[address]),
    }[declared]
    reason = refusal(source)
    assert "cut off" in reason
    if declared == "size":
        assert f"has {len(whole) - 1000} bytes, expected {len(whole)}" in reason
    server.put(f"/facades.tar.{compression}", whole, sized=False)
    assert files_of(*get(source)) == FILES


def test_a_wrong_checksum_is_told_with_both_and_the_next_location_is_tried(server):
    wrong, right = server.put("/old/facades.tar.gz", OTHER), server.put("/new/facades.tar.gz", GOOD)
    reason = refusal(Source(locations=[wrong], sha256=sha256(GOOD)))
    assert f"{wrong}: the sha256 is {sha256(OTHER)}, expected {sha256(GOOD)}" in reason
    [entry] = get(Source(locations=[wrong, right], sha256=sha256(GOOD)))
    assert entry["location"] == right
    assert files_of(entry) == FILES


def test_a_member_outside_its_folder_is_told_and_the_next_location_is_tried():
    evil = archive_at("evil.tar.gz", tarball(FILES | {"../../evil.jpg": b"evil"}))
    reason = refusal(Source(locations=[evil]))
    assert "evil.tar.gz: member '../../evil.jpg' lies outside" in reason
    [entry] = get(Source(locations=[evil, archive_at("facades.tar.gz")], content=CONTENT))
    assert entry["location"] == "facades.tar.gz"
    assert not list(Path().rglob("evil.jpg"))


def test_every_location_is_listed_with_its_reason_and_what_to_do(server):
    places = [
        server.put("/1/facades.tar.gz", PAGE, status=404),
        server.put("/2/facades.tar.gz", PAGE),
        server.put("/3/facades.tar.gz", OTHER),
        "http://127.0.0.1:1/facades.tar.gz",
        "ftp://example.org/facades.tar.gz",
        "nowhere/facades.tar.gz",
    ]
    source = Source(locations=places, sha256=sha256(GOOD))
    expected = ["404", "HTML page", sha256(OTHER), "refused", "is none of http://", "no such file"]
    _, *lines, advice = refusal(source).splitlines()
    assert len(lines) == len(places)
    for line, place, reason in zip(lines, places, expected, strict=True):
        assert line.strip().startswith(f"{place}: ") and reason in line
    assert all(part in advice for part in ("--config mirror=", "PIXCYCLE_MIRROR", "nowhere/facades.tar.gz"))


def test_a_file_that_is_downloaded_by_hand_works_from_where_the_message_says(server):
    source = Source(locations=[server.put("/pix2pix/facades.tar.gz", PAGE, status=404)], sha256=sha256(GOOD))
    advice = refusal(source).splitlines()[-1]
    assert "put the file at data/mirror/pix2pix/facades.tar.gz and set mirror=data/mirror" in advice
    archive_at("data/mirror/pix2pix/facades.tar.gz")
    assert files_of(*get(source, mirror="data/mirror")) == FILES


def test_what_may_not_be_fetched_says_what_to_bring_and_works_once_it_is_there():
    source = Source(locations=["data/bring/facades.zip"], bring="register at https://example.org and get F.zip")
    reason = refusal(source)
    assert "register at https://example.org and get F.zip; put it at data/bring/facades.zip" in reason
    archive_at("data/bring/facades.zip", GOOD)
    assert files_of(*get(source)) == FILES
    assert Path("data/bring/facades.zip").exists()


@pytest.mark.parametrize("kind", ["http", "file", "folder"])
def test_a_mirror_is_tried_first_with_the_path_of_the_first_web_location(server, tmp_path, kind):
    original = server.put("/pix2pix/a%20b/facades.tar.gz", GOOD)
    archive_at("mirror/pix2pix/a b/facades.tar.gz")
    server.put("/copy/pix2pix/a%20b/facades.tar.gz", GOOD)
    mirror = {"http": f"{server.address}/copy/", "file": f"file://{tmp_path}/mirror", "folder": "mirror"}[kind]
    [entry] = get(Source(locations=["nowhere.tar.gz", original], sha256=sha256(GOOD)), mirror=mirror)
    assert files_of(entry) == FILES
    assert entry["location"].startswith(mirror)
    assert [path for path, _ in server.asked] == ["/copy/pix2pix/a%20b/facades.tar.gz"] * (kind == "http")


def test_without_the_file_on_the_mirror_the_original_is_fetched(server):
    original = server.put("/facades.tar.gz", GOOD)
    [entry] = get(Source(locations=[original], sha256=sha256(GOOD)), mirror=f"{server.address}/mirror")
    assert entry["location"] == original
    assert [path for path, _ in server.asked] == ["/mirror/facades.tar.gz", "/facades.tar.gz"]


def test_a_mirror_is_not_asked_for_what_was_never_on_the_web(server):
    get(Source(locations=[archive_at("facades.tar.gz")], sha256=sha256(GOOD)), mirror=server.address)
    assert server.asked == []


@pytest.mark.parametrize("declared", [{}, {"sha256": sha256(GOOD), "size": len(GOOD)}])
def test_an_archive_that_was_packed_anew_is_accepted_by_its_content(declared):
    [entry] = get(Source(locations=[archive_at("facades.tar.xz", REPACKED)], content=CONTENT, **declared))
    assert files_of(entry) == FILES
    assert entry["sha256"] == sha256(REPACKED)
    assert not RECORDED.exists()


def test_an_archive_with_other_content_is_refused_with_both_digests():
    lines = "".join(
        f"{sha256(content)}  {path}\n" for path, content in sorted((FILES | {"facades/val/1.jpg": b"2"}).items())
    )
    reason = refusal(Source(locations=[archive_at("facades.tar.gz", OTHER)], content=CONTENT))
    assert f"content digest {sha256(lines.encode())}, expected {CONTENT}" in reason


def test_the_published_archive_is_accepted_whatever_content_says():
    get(Source(locations=[archive_at("facades.tar.gz")], sha256=sha256(GOOD), content="1" * 64))


def test_the_first_sha256_is_recorded_and_enforced_from_then_on(server):
    source = Source(locations=[server.put("/facades.tar.gz", GOOD)])
    get(source)
    seen = {"sha256": sha256(GOOD), "size": len(GOOD), "location": source.locations[0]}
    assert list(json.loads(RECORDED.read_text()).values()) == [seen]
    get(source)
    server.put("/facades.tar.gz", OTHER)
    fetch_again = partial(fetch, "facades", [source], Path("data/raw/facades-2"), mirror=None, recorded=RECORDED)
    with pytest.raises(UserError) as refused:
        fetch_again()
    reason = str(refused.value)
    assert all(part in reason for part in (sha256(GOOD), sha256(OTHER), str(RECORDED), "params.yaml"))
    assert not Path("data/raw/facades-2").exists()
    assert list(json.loads(RECORDED.read_text()).values()) == [seen]


def test_without_the_user_s_own_files_another_location_must_hold_the_same(server):
    own = Source(locations=[server.put("/facades.tar.gz", GOOD), archive_at("own/facades.tar.gz", GOOD)])
    note_own_data([own])
    Path("own/facades.tar.gz").unlink()
    assert files_of(*get(own)) == FILES
    shutil.rmtree(OUT)
    server.put("/facades.tar.gz", OTHER)
    assert f"is not what {RECORDED} has as the content of the user's own files" in refusal(own)


def test_an_archive_of_the_user_s_own_folder_may_stand_in_for_it(server):
    for path, content in FILES.items():
        archive_at(f"own/{path}", content)
    own = Source(locations=[server.put("/facades.tar.gz", GOOD), "own"])
    note_own_data([own])
    shutil.rmtree("own")
    assert files_of(*get(own)) == FILES


def test_the_user_s_own_files_are_taken_although_a_server_has_the_source_too(server):
    own = Source(locations=[server.put("/facades.tar.gz", OTHER), archive_at("own/facades.tar.gz", GOOD)])
    assert files_of(*get(own)) == FILES
    assert server.asked == []


def test_what_could_not_be_unpacked_is_not_recorded():
    refusal(Source(locations=[archive_at("facades.tar.gz", GOOD[:-100])]))
    assert not RECORDED.exists()


@pytest.mark.parametrize(
    ("size", "named", "sized", "downloads"),
    [
        pytest.param(500_000, "downloads/[0-9a-f]{8}/facades.tar.gz", True, 1, id="downloading, and goes on"),
        pytest.param(1_500_000, "files-0/facades/train/1.jpg", True, 1, id="unpacking a download known to be whole"),
        pytest.param(1_500_000, "files-0/facades/train/1.jpg", False, 2, id="unpacking a download of unknown size"),
    ],
)
def test_a_full_disk_is_told_and_the_same_call_works_once_there_is_room(server, size, named, sized, downloads):
    address = server.put("/facades.tar.gz", GOOD, sized=sized)
    source = Source(locations=[address, "elsewhere.zip"], sha256=sha256(GOOD))
    with disk(Path("data/raw"), size) as small:
        with pytest.raises(DiskFull) as told:
            get(source)
        assert re.fullmatch(rf"{WORK}/{named}: the disk is full; free at least [0-9.]+ MB and .*", str(told.value))
        assert not OUT.exists() and not list(WORK.glob("files-*"))
        small.resize(3_000_000)
        assert files_of(*get(source)) == FILES
    assert server.sent < downloads * len(GOOD) + 500_000


def test_a_full_disk_is_told_for_a_single_file_too(server):
    source = Source(locations=[server.put("/weights.gz", GOOD)], sha256=sha256(GOOD))
    out = Path("data/weights/inception.pth")
    with disk(out.parent, 500_000) as small:
        with pytest.raises(DiskFull, match=r"/weights\.gz: the disk is full; free at least 0\.[0-9]+ MB"):
            fetch_file("weights", source, out, mirror=None, recorded=RECORDED, progress=False)
        assert not out.exists()
        small.resize(1_000_000)
        fetch_file("weights", source, out, mirror=None, recorded=RECORDED, progress=False)
        assert out.read_bytes() == GOOD


def get_weights(source: Source, mirror: str | None = None) -> bytes:
    out = Path("data/weights/inception.pth")
    fetch_file("inception", source, out, mirror=mirror, recorded=RECORDED, progress=False)
    assert [entry.name for entry in out.parent.iterdir()] == ["inception.pth"]
    return out.read_bytes()


def test_a_single_file_ends_under_its_name_verified_and_not_unpacked(server):
    address = server.put("/releases/weights.tar.gz", GOOD, lose_after=[300_000])
    assert get_weights(Source(locations=[address], size=len(GOOD), sha256=sha256(GOOD))) == GOOD
    assert server.sent == len(GOOD)


def test_a_single_file_on_this_disk_or_a_mirror_is_copied():
    place = archive_at("mirror/releases/weights.pth")
    source = Source(locations=["https://example.org/releases/weights.pth"], sha256=sha256(GOOD))
    assert get_weights(Source(locations=[place], sha256=sha256(GOOD))) == GOOD
    assert get_weights(source, mirror="mirror") == GOOD
    assert Path(place).read_bytes() == GOOD


def test_a_wrong_single_file_is_refused_and_the_next_location_tried(server):
    wrong, right = server.put("/1.pth", OTHER), server.put("/2.pth", GOOD)
    with pytest.raises(UserError, match=rf"^inception: {wrong}: the sha256 is {sha256(OTHER)}"):
        get_weights(Source(locations=[wrong], sha256=sha256(GOOD)))
    assert not Path("data/weights/inception.pth").exists()
    assert get_weights(Source(locations=[wrong, right], sha256=sha256(GOOD))) == GOOD


def test_a_single_file_is_held_to_its_sha256_whatever_content_is_declared():
    source = Source(locations=[archive_at("1.pth", OTHER)], sha256=sha256(GOOD), content=CONTENT)
    with pytest.raises(UserError, match=f"expected {sha256(GOOD)}"):
        get_weights(source)


@pytest.mark.parametrize("declared", [{}, {"content": CONTENT}])
def test_a_single_file_without_a_sha256_is_recorded_and_held_to(server, declared):
    source = Source(locations=[server.put("/1.pth", GOOD)], **declared)
    assert get_weights(source) == GOOD
    server.put("/1.pth", OTHER)
    with pytest.raises(UserError, match=sha256(GOOD)):
        get_weights(source)
    assert Path("data/weights/inception.pth").read_bytes() == GOOD


def test_progress_names_the_dataset_and_what_is_done_with_which_file(server, capsys):
    source = Source(locations=[server.put("/d/facades.tar.gz", GOOD)])
    fetch("facades", [source], OUT, mirror=None, recorded=RECORDED)
    *downloading, unpacking = capsys.readouterr().err.splitlines()
    assert downloading
    assert all(line.startswith("facades  facades.tar.gz  0.") for line in downloading)
    assert unpacking == "facades  unpacking facades.tar.gz"


def test_no_progress_is_told_where_none_is_wanted(server, capsys):
    get(Source(locations=[server.put("/facades.tar.gz", GOOD)]))
    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif("PIXCYCLE_TEST_MIRROR" not in os.environ, reason="PIXCYCLE_TEST_MIRROR names no mirror")
def test_the_real_facades_come_whole_from_a_real_mirror():
    content = "325982c21965cc04b896f5c388a245fe7119975bc8b599afb959caa4fe6713bd"
    published = "http://efrosgans.eecs.berkeley.edu/pix2pix/datasets/facades.tar.gz"
    source = Source(locations=[published], content=content)
    [entry] = get(source, mirror=os.environ["PIXCYCLE_TEST_MIRROR"])
    assert entry["content"] == content
    counts = {split: len(list((OUT / "files-0/facades" / split).iterdir())) for split in ("train", "val", "test")}
    assert counts == {"train": 400, "val": 100, "test": 106}
    assert len(files_of(entry)) == 606
