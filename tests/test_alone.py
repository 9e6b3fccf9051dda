import errno
import fcntl
import os

import pytest

from pixcycle.alone import in_progress, only_one
from pixcycle.errors import UserError


def test_a_lock_goes_with_the_file_that_it_was_for(tmp_path):
    with only_one(tmp_path / "node"):
        with pytest.raises(UserError, match="is being made already"), only_one(tmp_path / "node"):
            pass
        with only_one(tmp_path / "another"):
            pass
    assert list(tmp_path.iterdir()) == []
    with only_one(tmp_path / "node"):
        assert in_progress(tmp_path / "node")


def test_a_file_system_without_locks_keeps_nobody_from_work_and_says_so(tmp_path, monkeypatch, capsys):
    def refuse(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with only_one(tmp_path / "node"):
        assert not in_progress(tmp_path / "node")
    assert capsys.readouterr().err.startswith(f"pixcycle: no file locks in {tmp_path}")
