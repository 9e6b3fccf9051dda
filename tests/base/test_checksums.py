import shutil
import subprocess

import pytest

from pixcycle.base import checksums as module
from pixcycle.base.checksums import SUMS, checksums, problems, recorded_sha256, verified, write_checksums
from pixcycle.base.errors import UserError

NAMES = ["weights", "fake_A/val/1 2.png", "odd/back\\slash", "odd/new\nline", "odd/é"]


@pytest.fixture
def node(tmp_path):
    folder = tmp_path / "node"
    for name in [*NAMES, "run.json", "state/last.pt"]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    write_checksums(folder, "run.json", "state")
    return folder


def test_checksums_round_trip_any_name_and_leave_out_records(node):
    assert checksums(node).keys() == set(NAMES)
    assert all(recorded_sha256(node / name) == sum for name, sum in checksums(node).items())


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="needs coreutils")
def test_checksums_satisfy_sha256sum(node):
    subprocess.run(["sha256sum", "--check", "--quiet", SUMS], cwd=node, check=True)
    (node / NAMES[1]).write_text("other")
    assert subprocess.run(["sha256sum", "--check", "--quiet", SUMS], cwd=node, capture_output=True).returncode == 1


@pytest.mark.parametrize("name", NAMES)
def test_verified_refuses_a_changed_file_and_names_its_node(node, name):
    assert verified(node / name) == node / name
    (node / name).write_text(name.swapcase() + "?")
    with pytest.raises(UserError, match="rebuilt") as refusal:
        verified(node / name)
    assert str(node) in str(refusal.value)
    assert len(list(problems(node))) == 1


def test_verified_reads_each_file_once(node, monkeypatch):
    read = []
    monkeypatch.setattr(module, "file_sha256", lambda file: read.append(file) or checksums(node)["weights"])
    verified(node / "weights")
    verified(node / "weights")
    assert read == [node / "weights"]


def test_problems_name_a_missing_file(node):
    (node / "weights").unlink()
    [problem] = problems(node)
    assert problem.startswith(f"{node / 'weights'}: ")


def test_verified_accepts_files_of_nodes_without_checksums(tmp_path):
    (tmp_path / "weights").write_text("of an older version")
    assert verified(tmp_path / "weights") == tmp_path / "weights"
