import hashlib
import itertools
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pixcycle.base.errors import UserError
from pixcycle.data.fetch import digest
from pixcycle.data.fetch.digest import content_digest, declared_digest, folder_digest
from pixcycle.data.fetch.recorded import record_content
from pixcycle.params.dataset import Source


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


IMAGES = {"train/2.jpg": b"two", "train/10.jpg": b"ten", "a.txt": b""}
# Sorted as text, "10" comes before "2".
LISTING = f"{sha256(b'')}  a.txt\n{sha256(b'ten')}  train/10.jpg\n{sha256(b'two')}  train/2.jpg\n"
EXPECTED = sha256(LISTING.encode())


@pytest.fixture
def hashed(monkeypatch) -> list[str]:
    """Names of the files that were read for hashing; files count as settled at once."""
    names = []
    original = digest.file_sha256
    monkeypatch.setattr(digest, "SETTLED_NS", -1)
    monkeypatch.setattr(digest, "file_sha256", lambda file: names.append(file.name) or original(file))
    return names


def test_content_digest_hashes_the_sorted_listing():
    assert content_digest((path, sha256(content)) for path, content in IMAGES.items()) == EXPECTED


def test_content_digest_ignores_operating_system_junk():
    junk = ["__MACOSX/train/2.jpg", "train/._2.jpg", ".DS_Store", "train/Thumbs.db"]
    files = [(path, sha256(content)) for path, content in IMAGES.items()]
    assert content_digest(files + [(path, sha256(b"junk")) for path in junk]) == EXPECTED


def test_folder_digest_equals_content_digest_with_and_without_cache(tmp_path):
    folder = write(tmp_path / "own", IMAGES | {"train/.DS_Store": b"junk", "__MACOSX/x": b"junk"})
    (folder / "empty").mkdir()
    assert folder_digest(folder, None) == EXPECTED
    assert folder_digest(folder, tmp_path / "cache.json") == EXPECTED
    assert folder_digest(folder, tmp_path / "cache.json") == EXPECTED


def test_folder_digest_follows_links_and_survives_a_loop(tmp_path):
    elsewhere = write(tmp_path / "elsewhere", {"2.jpg": b"two", "10.jpg": b"ten"})
    folder = write(tmp_path / "own", {"a.txt": b""})
    (folder / "train").symlink_to(elsewhere)
    (elsewhere / "loop").symlink_to(folder)
    assert folder_digest(folder, None) == EXPECTED


def test_folder_digest_does_not_reread_unchanged_files(tmp_path, hashed):
    folder = write(tmp_path / "own", IMAGES)
    folder_digest(folder, tmp_path / "cache.json")
    assert sorted(hashed) == ["10.jpg", "2.jpg", "a.txt"]
    folder_digest(folder, tmp_path / "cache.json")
    assert len(hashed) == 3


def test_folder_digest_keeps_two_folders_in_one_cache(tmp_path, hashed):
    folders = [write(tmp_path / name, IMAGES) for name in ("one", "two")]
    for _ in range(2):
        for folder in folders:
            assert folder_digest(folder, tmp_path / "cache.json") == EXPECTED
    assert len(hashed) == 6


def test_folder_digest_notices_a_replacement_of_same_size_and_mtime(tmp_path, hashed):
    folder, cache = write(tmp_path / "own", IMAGES), tmp_path / "cache.json"
    folder_digest(folder, cache)
    replaced, other = folder / "train/2.jpg", tmp_path / "other.jpg"
    other.write_bytes(b"TWO")
    stat = replaced.stat()
    time.sleep(0.02)  # longer than a tick of the file system's clock
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    os.replace(other, replaced)
    assert replaced.stat().st_mtime_ns == stat.st_mtime_ns
    assert folder_digest(folder, cache) == sha256(LISTING.replace(sha256(b"two"), sha256(b"TWO")).encode())
    assert hashed[3:] == ["2.jpg"]


def test_folder_digest_rereads_recently_changed_files(tmp_path, hashed, monkeypatch):
    folder, cache = write(tmp_path / "own", IMAGES), tmp_path / "cache.json"
    monkeypatch.setattr(digest, "SETTLED_NS", 10**18)
    folder_digest(folder, cache)
    folder_digest(folder, cache)
    assert len(hashed) == 6


def test_folder_digest_notices_renamed_and_removed_files(tmp_path):
    folder, cache = write(tmp_path / "own", IMAGES), tmp_path / "cache.json"
    folder_digest(folder, cache)
    (folder / "train/2.jpg").rename(folder / "train/3.jpg")
    assert folder_digest(folder, cache) == sha256(LISTING.replace("train/2.jpg", "train/3.jpg").encode())
    (folder / "train/3.jpg").unlink()
    assert folder_digest(folder, cache) == sha256("".join(LISTING.splitlines(keepends=True)[:2]).encode())


def test_folder_digest_works_with_a_damaged_or_unwritable_cache(tmp_path, hashed):
    folder, cache = write(tmp_path / "own", IMAGES), tmp_path / "cache.json"
    cache.write_text('{"half of')
    assert folder_digest(folder, cache) == EXPECTED
    assert folder_digest(folder, tmp_path / "own/a.txt/no-folder/cache.json") == EXPECTED


def test_folder_digest_of_10000_unchanged_files_takes_under_a_second(tmp_path, monkeypatch):
    folder, cache = tmp_path / "own", tmp_path / "cache.json"
    folder.mkdir()
    for number in range(10_000):
        (folder / f"{number}.jpg").touch()
    monkeypatch.setattr(digest, "SETTLED_NS", -1)
    first = folder_digest(folder, cache)
    start = time.process_time()
    assert folder_digest(folder, cache) == first
    assert time.process_time() - start < 0.7


def test_folder_digest_refuses_1500_levels_in_one_line(tmp_path):
    deep = write(tmp_path / "own", {"a.txt": b""})
    here = os.open(deep, os.O_RDONLY)
    for _ in range(1500):  # the whole path is too long for one call
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    try:
        with pytest.raises(UserError, match=r"own: the folder is more than 100 levels deep") as refusal:
            folder_digest(deep, None)
    finally:
        subprocess.run(["rm", "-r", deep], check=True)  # shutil cannot
    assert len(str(refusal.value)) < 500


def test_folder_digest_refuses_a_maze_of_links_at_once(tmp_path):
    folder = write(tmp_path / "own", {f"{i}/a.txt": b"" for i in range(12)})
    for one, other in itertools.permutations(range(12), 2):
        (folder / f"{one}/{other}").symlink_to(folder / f"{other}")
    begin = time.monotonic()
    with pytest.raises(UserError, match=r"own: its links lead to .* in more than 100 ways"):
        folder_digest(folder, None)
    assert time.monotonic() - begin < 5


def test_folder_digest_refuses_more_files_than_its_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(digest, "MOST_FILES", 2)
    with pytest.raises(UserError, match="own: the folder holds more than 2 files"):
        folder_digest(write(tmp_path / "own", IMAGES), None)


def test_folder_digest_refuses_a_folder_without_files(tmp_path):
    with pytest.raises(UserError, match="holds no files"):
        folder_digest(tmp_path, None)


def test_declared_digest_takes_the_first_identifier_that_exists(tmp_path):
    write(tmp_path / "own", IMAGES)
    locations = ["https://example.org/own.zip", "own"]
    declared = {"sha256": "1" * 64, "content": "2" * 64}
    assert declared_digest(Source(locations=locations, **declared), tmp_path) == "1" * 64
    assert declared_digest(Source(locations=locations, content="2" * 64), tmp_path) == "2" * 64
    assert declared_digest(Source(locations=locations), tmp_path) == EXPECTED
    assert declared_digest(Source(locations=[f"file://{tmp_path}/own"]), Path()) == EXPECTED
    nowhere = Source(locations=["https://example.org/own.zip", "elsewhere"])
    assert declared_digest(nowhere, tmp_path) == "https://example.org/own.zip elsewhere"
    record_content(tmp_path / "data/recorded.json", nowhere, "3" * 64)
    assert declared_digest(nowhere, tmp_path) == "3" * 64
    write(tmp_path / "elsewhere", IMAGES)
    assert declared_digest(nowhere, tmp_path) == EXPECTED


def test_digest_module_imports_neither_torch_numpy_nor_requests():
    code = "import sys, pixcycle.data.fetch.digest; print({'torch', 'numpy', 'requests'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"
