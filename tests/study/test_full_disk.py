"""A study on a full disk: answers are acknowledged only if stored, and it continues once there is room."""

import re
from contextlib import suppress

import pytest

from pixcycle.base.disk_full import DiskFull
from pixcycle.study import storage
from pixcycle.study.server import app
from pixcycle.study.storage import Study, read_answers
from tests.study.conftest import N
from tests.support.disks import disk

FULL = r"pixcycle: {}: the disk is full.*; free at least [\d.]+ MB and run the same command again\n"


def test_answer_on_a_full_disk_is_refused_and_stored_when_repeated(pairs, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(storage, "SHOWN_MS", 0)
    with disk(tmp_path / "small", 200_000) as small:
        study = Study(small.folder / "study.sqlite", N)
        browser = app({study: pairs}).test_client()
        browser.post("/begin", json={})
        token = browser.post("/turn", json={}).get_json()["token"]
        browser.post("/show", json={"token": token})
        with suppress(OSError), (small.folder / "ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(bytes(1000))
        content = {"token": token, "real": "left", "displayed_ms": 1000}
        assert browser.post("/answer", json=content).status_code == 503
        assert re.fullmatch(FULL.format(re.escape(str(study.path))), capfd.readouterr().err)
        assert read_answers(study.path) == []
        (small.folder / "ballast").unlink()
        assert browser.post("/answer", json=content).status_code == 200
        assert len(read_answers(study.path)) == 1


def test_study_begun_on_a_full_disk_leaves_no_file(tmp_path):
    with disk(tmp_path / "small", 4096) as small:
        (small.folder / "ballast").write_bytes(bytes(4096))
        with pytest.raises(DiskFull, match=r"study\.sqlite.*: the disk is full; free at least [\d.]+ MB"):
            Study(small.folder / "study.sqlite", N)
        assert [file.name for file in small.folder.iterdir()] == ["ballast"]
