import errno
import os
import random
import re
import shutil
import time
from pathlib import Path

import pytest

from pixcycle.base.disk_full import DiskFull, room_for
from pixcycle.base.files import finished_folder, local_path, write_bytes, write_here, write_json
from tests.conftest import wait_until
from tests.support.disks import BLOCK, disk, mounted_image
from tests.support.nodes import content
from tests.support.processes import PROCESSES


def test_local_path_distinguishes_paths_from_addresses(tmp_path):
    assert local_path("data/x.zip", tmp_path) == tmp_path / "data/x.zip"
    assert local_path("/data/x.zip", tmp_path) == Path("/data/x.zip")
    assert local_path("file:///data/a%20b.zip") == Path("/data/a b.zip")
    assert local_path("file://localhost/data/x.zip") == Path("/data/x.zip")
    assert local_path("~/x.zip") == Path.home() / "x.zip"
    for address in ("http://h/x.zip", "https://h/x.zip", "ftp://h/x.zip", "package:module/x.jpg"):
        assert local_path(address) is None


@pytest.mark.parametrize("kind", [write_bytes, write_here])
@pytest.mark.parametrize("blocks", [1, 5, 300])
def test_file_fits_once_the_space_that_disk_full_asks_for_is_free(kind, blocks, tmp_path):
    content = bytes(blocks * BLOCK - 1)
    with disk(tmp_path / "disk", 2 * BLOCK) as small:
        (small.folder / "other").write_bytes(bytes(2 * BLOCK))
        for size in (2 * BLOCK, (2 + blocks - 1) * BLOCK):
            small.resize(size)
            with pytest.raises(DiskFull) as refusal:
                kind(small.folder / "file", content)
            lack = re.fullmatch(r".*/file: the disk is full; free at least ([\d.]+) MB and .*", str(refusal.value))
            missing = (2 + blocks) * BLOCK - size
            assert missing <= float(lack[1]) * 1e6 < missing + 1000
            (small.folder / "file").unlink(missing_ok=True)
        small.resize((2 + blocks) * BLOCK)
        kind(small.folder / "file", content)
        assert (small.folder / "file").read_bytes() == content


def test_failed_write_on_full_disk_keeps_the_old_content(tmp_path):
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


def test_disk_full_names_the_limit_on_the_number_of_files(tmp_path):
    with disk(tmp_path / "disk", 100 * BLOCK, files=3) as small:
        write_bytes(small.folder / "one", b"1")
        write_bytes(small.folder / "two", b"2")
        with pytest.raises(DiskFull, match="maximum number of files"):
            write_bytes(small.folder / "three", b"3")


def test_room_for_reports_an_exhausted_quota_as_disk_full(tmp_path):
    exhausted = OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))
    message = r"/file: .* quota .* at least 0\.005 MB"
    with pytest.raises(DiskFull, match=message), room_for(tmp_path / "file", 5000):
        raise exhausted


def write_versions(folder: Path, seed: int) -> None:
    """Write endlessly: a file of equal bytes, and a folder whose files all hold the same bytes."""
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


def test_files_visible_after_kill_9_are_complete(tmp_path):
    moments = random.Random(0)
    for _ in range(40):
        (tmp_path / "json").unlink(missing_ok=True)
        writer = PROCESSES.Process(target=write_versions, args=(tmp_path, moments.randrange(26)))
        writer.start()
        wait_until((tmp_path / "json").exists)  # it is written last
        time.sleep(moments.uniform(0, 0.1))
        writer.kill()
        writer.join()
        assert_whole(tmp_path)


def write_many_times(path: Path, letter: bytes) -> None:
    for _ in range(100):
        write_bytes(path, letter * 200_000)


def test_concurrent_write_bytes_always_leave_a_complete_file(tmp_path):
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
def test_finished_files_survive_a_power_cut(make, tmp_path):
    """The image of a file system holds what was flushed to its disk; a copy of it is what the next start finds."""
    with mounted_image(tmp_path / "before", tmp_path / "image") as folder:
        make(folder)
        shutil.copyfile(tmp_path / "image", tmp_path / "cut")
        written = content(folder)
    with mounted_image(tmp_path / "after", tmp_path / "cut") as folder:
        assert content(folder).items() >= written.items()
    assert sum(map(len, written.values())) >= 50_000
