import os
from pathlib import Path

import pytest

from pixcycle.base.errors import UserError
from pixcycle.base.user_output import new_output, write_new
from tests.support.nodes import content


@pytest.fixture
def crowded(tmp_path: Path) -> Path:
    """A folder of the user's with files, folders, pipes and links under names that programs like to use."""
    for name in ("out", "g.pt"):
        for suffix in (".part", ".gone.part", ".lock.part", ".tmp"):
            (tmp_path / "a" / f"{name}{suffix}").mkdir(parents=True)
            (tmp_path / "a" / f"{name}{suffix}/mine").write_text("mine")
            (tmp_path / "b").mkdir(exist_ok=True)
            os.mkfifo(tmp_path / "b" / f"{name}{suffix}")
            (tmp_path / "c").mkdir(exist_ok=True)
            (tmp_path / "c" / f"{name}{suffix}").symlink_to("../elsewhere")
    return tmp_path


@pytest.mark.parametrize("folder", "abc")
def test_new_output_touches_nothing_beside_it(crowded, folder):
    before = {path: path.lstat().st_ino for path in crowded.rglob("*")}
    write_new(crowded / folder / "g.pt", b"new")
    with new_output(crowded / folder / "out") as work:
        work.mkdir()
        (work / "0.png").write_bytes(b"new")
    made = {crowded / folder / name for name in ("g.pt", "out", "out/0.png")}
    assert {path: path.lstat().st_ino for path in crowded.rglob("*") if path not in made} == before
    assert content(crowded / folder)["out/0.png"] == b"new"


def test_new_output_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), new_output(tmp_path / "out") as work:
        work.mkdir()
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("overwrite", [False, True])
def test_new_output_keeps_what_appears_meanwhile(tmp_path, overwrite):
    with pytest.raises(UserError, match="out exists already"), new_output(tmp_path / "out", overwrite) as work:
        work.write_bytes(b"new")
        (tmp_path / "out/mine").mkdir(parents=True)
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "mine"]


def test_write_new_replaces_only_a_file_and_only_if_told_to(tmp_path):
    (tmp_path / "out").write_bytes(b"mine")
    with pytest.raises(UserError, match=r"out exists already; .*--overwrite"):
        write_new(tmp_path / "out", b"new")
    (tmp_path / "link").symlink_to("out")
    with pytest.raises(UserError, match="link exists already"):
        write_new(tmp_path / "link", b"new", overwrite=True)
    assert (tmp_path / "out").read_bytes() == b"mine"
    write_new(tmp_path / "out", b"new", overwrite=True)
    assert (tmp_path / "out").read_bytes() == b"new"


def test_new_output_has_the_usual_permissions(tmp_path):
    write_new(tmp_path / "file", b"new")
    (tmp_path / "usual").write_bytes(b"")
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "usual").stat().st_mode
