import errno
import os
import random
import re
import shutil
import time
from pathlib import Path

import pytest

from pixcycle.files import finished_folder, local_path, write_bytes, write_here, write_json
from pixcycle.room import DiskFull, room_for
from tests.conftest import wait_until
from tests.disks import BLOCK, disk, mounted_image
from tests.nodes import content
from tests.processes import PROCESSES


def test_local_paths_are_told_from_addresses(tmp_path):
    assert local_path("data/x.zip", tmp_path) == tmp_path / "data/x.zip"
    assert local_path("/data/x.zip", tmp_path) == Path("/data/x.zip")
    assert local_path("file:///data/a%20b.zip") == Path("/data/a b.zip")
    assert local_path("file://localhost/data/x.zip") == Path("/data/x.zip")
    assert local_path("~/x.zip") == Path.home() / "x.zip"
    for address in ("http://h/x.zip", "https://h/x.zip", "ftp://h/x.zip", "package:module/x.jpg"):
        assert local_path(address) is None


@pytest.mark.parametrize("kind", [write_bytes, write_here])
@pytest.mark.parametrize("blocks", [1, 5, 300])
def test_a_file_fits_as_soon_as_so_much_is_free_as_a_full_disk_was_told_to_lack(kind, blocks, tmp_path):
    content = bytes(blocks * BLOCK - 1)
    with disk(tmp_path / "disk", 2 * BLOCK) as small:
        (small.folder / "other").write_bytes(bytes(2 * BLOCK))
        for size in (2 * BLOCK, (2 + blocks - 1) * BLOCK):
            small.resize(size)
            with pytest.raises(DiskFull) as told:
                kind(small.folder / "file", content)
            lacks = re.fullmatch(r".*/file: the disk is full; free at least ([\d.]+) MB and .*", str(told.value))
            exactly = (2 + blocks) * BLOCK - size
            assert exactly <= float(lacks[1]) * 1e6 < exactly + 1000
            (small.folder / "file").unlink(missing_ok=True)
        small.resize((2 + blocks) * BLOCK)
        kind(small.folder / "file", content)
        assert (small.folder / "file").read_bytes() == content


def test_what_a_full_disk_keeps_from_its_successor_stays_as_it_was(tmp_path):
    with disk(tmp_path / "disk", 5 * BLOCK) as small:
        file, folder = small.folder / "file", small.folder / "folder"
        write_bytes(file, b"old" * 2000)
        with finished_folder(folder) as work:
            write_here(work / "part", b"old")
        with pytest.raises(DiskFull):
            write_bytes(file, b"new" * 9000)
        with pytest.raises(DiskFull), finished_folder(folder) as work:
            write_here(work / "part", b"new" * 9000)
        assert file.read_bytes() == b"old" * 2000
        assert (folder / "part").read_bytes() == b"old"
        assert {path.name for path in small.folder.iterdir()} == {"file", "folder"}


def test_a_disk_that_holds_no_more_files_is_told_as_such(tmp_path):
    with disk(tmp_path / "disk", 100 * BLOCK, files=3) as small:
        write_bytes(small.folder / "one", b"1")
        write_bytes(small.folder / "two", b"2")
        with pytest.raises(DiskFull, match="the disk holds as many files as it can; remove some"):
            write_bytes(small.folder / "three", b"3")


def test_a_quota_that_is_used_up_is_told_as_a_full_disk_is(tmp_path):
    used_up = OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))
    told = r"/file: .* your quota of it is used up; free at least 0\.005 MB"
    with pytest.raises(DiskFull, match=told), room_for(tmp_path / "file", 5000):
        raise used_up


def write_versions(folder: Path, seed: int) -> None:
    """Without end: a file of many equal bytes, and a folder of files that all hold the same."""
    for version in range(10**9):
        letter = bytes([65 + (version + seed) % 26])
        write_bytes(folder / "file", letter * 300_000)
        with finished_folder(folder / "folder") as work:
            for name in "abc":
                write_here(work / name, letter * 30_000)
        write_json(folder / "json", {"version": version, "filled": [version] * 1000})


def assert_whole(folder: Path) -> None:
    if (folder / "file").exists():
        content = (folder / "file").read_bytes()
        assert len(content) == 300_000 and len(set(content)) == 1
    if (folder / "folder").exists():
        files = {path.name: path.read_bytes() for path in (folder / "folder").iterdir()}
        assert set(files) == set("abc") and len(set(files.values())) == 1 and len(files["a"]) == 30_000


def test_whatever_is_visible_after_kill_9_is_whole(tmp_path):
    moments = random.Random(0)
    for _ in range(40):
        (tmp_path / "json").unlink(missing_ok=True)
        writer = PROCESSES.Process(target=write_versions, args=(tmp_path, moments.randrange(26)))
        writer.start()
        wait_until((tmp_path / "json").exists)  # which is written last
        time.sleep(moments.uniform(0, 0.1))
        writer.kill()
        writer.join()
        assert_whole(tmp_path)


def write_many_times(path: Path, letter: bytes) -> None:
    for _ in range(100):
        write_bytes(path, letter * 200_000)


def test_processes_that_write_the_same_file_at_once_leave_it_whole_at_any_time(tmp_path):
    path = tmp_path / "file"
    write_bytes(path, b"0" * 200_000)
    writers = [PROCESSES.Process(target=write_many_times, args=(path, letter)) for letter in (b"1", b"2", b"3")]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        content = path.read_bytes()
        assert len(content) == 200_000 and len(set(content)) == 1
    assert [writer.exitcode for writer in writers] == [0, 0, 0]


def make_file(folder: Path) -> None:
    write_bytes(folder / "file", b"1" * 50_000)


def make_folder(folder: Path) -> None:
    with finished_folder(folder / "folder") as work:
        for name in "abc":
            write_here(work / "below" / name, name.encode() * 50_000)


@pytest.mark.parametrize("make", [make_file, make_folder])
def test_what_was_made_is_there_after_a_power_cut(make, tmp_path):
    """The image of a file system holds what its disk was told to keep; a copy is what is found at the next start."""
    with mounted_image(tmp_path / "before", tmp_path / "image") as folder:
        make(folder)
        shutil.copyfile(tmp_path / "image", tmp_path / "cut")
        made = content(folder)
    with mounted_image(tmp_path / "after", tmp_path / "cut") as folder:
        assert content(folder).items() >= made.items()
    assert sum(map(len, made.values())) >= 50_000
