import errno
import fcntl
import os

import pytest

from pixcycle.base.errors import UserError
from pixcycle.base.file_lock import in_progress, only_one


def test_only_one_locks_one_target_and_removes_the_lock(tmp_path):
    with only_one(tmp_path / "node"):
        with pytest.raises(UserError, match="is already being made"), only_one(tmp_path / "node"):
            pass
        with only_one(tmp_path / "another"):
            pass
    assert list(tmp_path.iterdir()) == []
    with only_one(tmp_path / "node"):
        assert in_progress(tmp_path / "node")


def test_only_one_warns_and_proceeds_without_file_locks(tmp_path, monkeypatch, capsys):
    def refuse(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with only_one(tmp_path / "node"):
        assert not in_progress(tmp_path / "node")
    assert capsys.readouterr().err.startswith(f"pixcycle: no file locks in {tmp_path}")
