import json
from pathlib import Path

import pytest

from pixcycle.data.fetch.digest import declared_digest, folder_digest
from pixcycle.data.user_data import note_own_data, unwatched
from pixcycle.params.dataset import Source


@pytest.fixture(autouse=True)
def in_a_project_folder(tmp_path, monkeypatch):
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")


def folder_at(path: str, image: bytes = b"one") -> str:
    Path(path).mkdir(parents=True, exist_ok=True)
    (Path(path) / "1.jpg").write_bytes(image)
    return path


def moved_away(path: str) -> None:
    Path(path).rename(f"{path}-elsewhere")


def test_declared_digest_without_the_folder_is_the_last_recorded(tmp_path):
    source = Source(locations=[folder_at("data/own/mine")])
    note_own_data([source])
    content = folder_digest(Path("data/own/mine"), None)
    assert declared_digest(source, Path()) == content
    moved_away("data/own/mine")
    assert declared_digest(source, Path()) == content


def test_note_own_data_records_every_change_of_a_folder():
    source = Source(locations=[folder_at("mine")])
    names = []
    for image in (b"one", b"two", b"one"):
        folder_at("mine", image)
        note_own_data([source])
        names.append(declared_digest(source, Path()))
        assert json.loads(Path("data/recorded.json").read_text())["mine"]["content"] == names[-1]
    assert names[0] == names[2] != names[1]


def test_declared_digest_prefers_the_folder_to_the_record():
    source = Source(locations=[folder_at("mine", b"theirs")])
    note_own_data([source])
    folder_at("mine", b"ours")
    assert declared_digest(source, Path()) == folder_digest(Path("mine"), None)


def test_note_own_data_skips_declared_and_missing_sources():
    folder_at("mine")
    content = folder_digest(Path("mine"), None)
    note_own_data([Source(locations=["mine"], content=content), Source(locations=["http://h/x.zip", "nowhere"])])
    assert not Path("data/recorded.json").exists()


def test_unwatched_returns_folders_outside_data_own_and_links(tmp_path):
    inside, outside = folder_at("data/own/mine"), folder_at(str(tmp_path / "pairs"))
    Path("data/own/linked").symlink_to(outside)
    Path("pairs.zip").write_bytes(b"an archive")
    declared = folder_digest(Path(outside), None)
    sources = [Source(locations=[place]) for place in (inside, outside, "data/own/linked", "pairs.zip", "nowhere")]
    sources.append(Source(locations=[outside], content=declared))
    assert unwatched(sources) == [Path(outside), Path("data/own/linked")]
