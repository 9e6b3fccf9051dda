import errno
import fcntl
import os

import pytest

from pixcycle.base.errors import UserError
from pixcycle.base.file_lock import in_progress, in_use, kept, only_one


def test_only_one_locks_one_target_and_removes_the_lock(tmp_path):
    with only_one(tmp_path / "node"):
        with pytest.raises(UserError, match="is already being made"), only_one(tmp_path / "node"):
            pass
        with only_one(tmp_path / "another"):
            pass
    assert list(tmp_path.iterdir()) == []
    with only_one(tmp_path / "node"):
        assert in_progress(tmp_path / "node")


@pytest.mark.parametrize("kind", ["pipe", "link"])
def test_only_one_neither_waits_for_a_pipe_nor_follows_a_link(tmp_path, kind):
    lock = tmp_path / "node.lock.part"
    os.mkfifo(lock) if kind == "pipe" else lock.symlink_to("elsewhere")
    with pytest.raises(OSError, match=r"node\.lock\.part"), only_one(tmp_path / "node"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == [lock.name]


def test_kept_is_shared_and_keeps_builders_out(tmp_path):
    node = tmp_path / "node"
    with only_one(node), pytest.raises(UserError, match="is already being made by process"), kept(node):
        pass
    with kept(node):
        with kept(node):
            assert in_use(node) and not in_progress(node)
        with pytest.raises(UserError, match="node: is in use"), only_one(node):
            pass
        assert in_use(node)
    assert not in_use(node) and list(tmp_path.iterdir()) == []
    with only_one(node):
        assert in_use(node)


def test_only_one_warns_and_proceeds_without_file_locks(tmp_path, monkeypatch, capsys):
    def refuse(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with only_one(tmp_path / "node"):
        assert not in_progress(tmp_path / "node")
    assert capsys.readouterr().err.startswith(f"pixcycle: no file locks in {tmp_path}")
