import os

import pytest

from pixcycle.base.errors import UserError
from pixcycle.machine.gpu import lease
from pixcycle.machine.lock_folder import SHARED, lock_folder


@pytest.fixture
def own(monkeypatch, tmp_path):
    """The user's own folder of locks, for a user that no machine has."""
    monkeypatch.delenv(SHARED, raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setattr("pixcycle.machine.lock_folder.TMP", tmp_path)
    return tmp_path / f"pixcycle-{os.geteuid()}"


@pytest.fixture
def shared(monkeypatch, tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    monkeypatch.setenv(SHARED, str(folder))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    return folder


def refused(name):
    with pytest.raises(UserError, match=name) as refusal, lease():
        pass
    return str(refusal.value)


def test_lock_folder_is_closed_to_others_unless_one_is_shared(own):
    with lease():
        assert {path.name for path in own.iterdir()} == {"machine-0", "machine-queue"}
    assert own.stat().st_mode & 0o7777 == 0o700


@pytest.mark.parametrize("mode", [0o770, 0o777, 0o1777])
def test_lock_folder_that_others_can_write_to_is_refused(own, mode):
    own.mkdir()
    own.chmod(mode)
    assert SHARED in refused(own.name)
    assert list(own.iterdir()) == []


def test_lock_folder_that_is_a_link_is_refused(own, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    own.symlink_to("elsewhere")
    refused(own.name)
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("kind", ["own", "shared"])
def test_lock_folder_of_another_user_is_refused(kind, request, monkeypatch):
    if os.geteuid():
        pytest.skip("only root can give a folder away")
    folder = request.getfixturevalue(kind)
    folder.mkdir(exist_ok=True)
    os.chown(folder, 12345, 12345)
    assert "belongs to another user" in refused(folder.name)
    assert list(folder.iterdir()) == []


def test_shared_lock_folder_must_exist_and_be_sticky(shared):
    with lease():
        assert {path.name for path in shared.iterdir()} == {"machine-0", "machine-queue"}
    shared.chmod(0o777)
    assert SHARED in refused("shared")
    shared.rename(shared.with_name("moved"))
    assert SHARED in refused("shared")


@pytest.mark.parametrize("name", ["machine-queue", "machine-0"])
@pytest.mark.parametrize("kind", ["pipe", "link", "dangling link", "folder"])
def test_lease_refuses_a_lock_that_is_no_regular_file(shared, kind, name):
    elsewhere = shared.parent / "elsewhere"
    if kind == "pipe":
        os.mkfifo(shared / name)
    elif kind == "folder":
        (shared / name).mkdir()
    else:
        (shared / name).symlink_to(elsewhere)
    if kind == "link":
        elsewhere.touch()
    assert "\n" not in refused(name)
    assert elsewhere.exists() == (kind == "link")


def test_lock_folder_holds_locks_of_gpus_with_slashes_in_their_names(shared, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-GPU-1a/1/0,../../x")
    with lease(2) as taken:
        assert taken == ["MIG-GPU-1a/1/0", "../../x"]
    assert all(path.is_file() for path in shared.iterdir()) and len(list(shared.iterdir())) == 3
    assert [path.name for path in shared.parent.iterdir()] == ["shared"]


def test_lock_folder_makes_files_in_the_folder_that_it_checked(shared):
    with lock_folder() as folder:
        shared.rename(shared.with_name("moved"))
        shared.symlink_to("/nowhere")
        folder.open("lock").close()
    assert (shared.parent / "moved/lock").is_file()
