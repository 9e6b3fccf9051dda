import subprocess
import sys
from pathlib import Path

import pytest

from pixcycle.scheduler.locks import work_here

ANOTHER = """
import sys
from pathlib import Path
from pixcycle.scheduler.locks import work_here
presence = work_here(Path(sys.argv[1]))
print("here", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def another(tmp_path_factory):
    """Return a function that starts another process, which calls `work_here`, and waits until it has."""
    started = []

    def start(state: Path) -> subprocess.Popen:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        process = subprocess.Popen([sys.executable, "-c", ANOTHER, str(state)], **pipes)
        started.append(process)
        assert process.stdout.readline() == "here\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def lock(state: Path) -> None:
    """Write files like those of Snakemake's locks."""
    (state / "locks").mkdir(exist_ok=True)
    for kind in ("input", "output"):
        (state / f"locks/0.{kind}.lock").write_text("results/x\n")


def locks(state: Path) -> int:
    return len(list((state / "locks").iterdir()))


def test_work_here_removes_locks_of_a_killed_process(tmp_path, another):
    other = another(tmp_path)
    lock(tmp_path)
    other.kill()
    other.wait()
    work_here(tmp_path).close()
    assert locks(tmp_path) == 0


def test_work_here_keeps_locks_while_another_process_is_alive(tmp_path, another):
    other = another(tmp_path)
    lock(tmp_path)
    for _ in range(2):
        work_here(tmp_path).close()
        assert locks(tmp_path) == 2
    other.communicate("")
    work_here(tmp_path).close()
    assert locks(tmp_path) == 0


def test_work_here_removes_locks_though_a_training_process_lives_on(tmp_path):
    presence = work_here(tmp_path)
    lock(tmp_path)
    with subprocess.Popen(["sleep", "60"]) as training:
        presence.close()
        work_here(tmp_path).close()
        training.kill()
    assert locks(tmp_path) == 0


def test_work_here_in_a_new_project_removes_nothing(tmp_path):
    with work_here(tmp_path / ".snakemake") as presence:
        assert Path(presence.name).exists()
