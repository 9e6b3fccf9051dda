"""Row 7 of the promise: all is killed in mid-training, and the same command goes on as if nothing had happened."""

import json
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tests.workflow.conftest import ENGINES, UCSD, Project

STATE = "results/tiny/ucsd/facades-l1/0-*.part/state/last.pt"


def train_longer(project: Project) -> None:
    """Let facades-l1 be trained anew, for some seconds."""
    project.edit(lambda tree: tree["experiments"]["ucsd"]["facades-l1"].update(n_epochs=8000))  # times 0.013


def save_after_each_step(project: Project) -> None:
    checkpoint = project.folder / "src/pixcycle/training/checkpoint.py"
    code = checkpoint.read_text()
    assert "SECONDS_BETWEEN = 60\n" in code
    checkpoint.write_text(code.replace("SECONDS_BETWEEN = 60\n", "SECONDS_BETWEEN = 0\n"))


@pytest.fixture(scope="session")
def undisturbed(versioned, made_once) -> Path:
    """The folder of the longer training, from a project in which nobody disturbed it."""

    def make(folder: Path) -> None:
        project = versioned.copy(folder)
        train_longer(project)
        project.snakemake("ucsd-facades-l1", "--until", "train")

    project = made_once("undisturbed", make)
    return max(
        (project.folder / "results/tiny/ucsd/facades-l1").glob("0-????????"), key=lambda run: run.stat().st_mtime
    )


def started_and_halted_in_mid_training(project: Project, command: tuple[str, ...]) -> list[psutil.Process]:
    """All processes of a command, whose training stands still after it has saved a state."""
    started = subprocess.Popen(
        command, cwd=project.folder, env=project.environment, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    )
    until = time.monotonic() + 300
    while not list(project.folder.glob(STATE)):
        assert time.monotonic() < until and started.poll() is None
        time.sleep(0.02)
    family = [psutil.Process(started.pid), *psutil.Process(started.pid).children(recursive=True)]
    [training] = [process for process in family if "train" in process.cmdline()]
    training.send_signal(signal.SIGSTOP)
    return family


@pytest.mark.parametrize("engine", ENGINES)
def test_row_7_after_kill_9_of_everything_the_same_command_resumes(project, undisturbed, engine):
    train_longer(project)
    save_after_each_step(project)
    family = started_and_halted_in_mid_training(project, engine)
    assert "cannot be locked" in project.snakemake("ucsd-facades-l1", fails=True), "a living one's work was not kept"
    for process in family:
        process.kill()
    psutil.wait_procs(family, timeout=60)
    assert list((project.folder / ".snakemake/locks").iterdir()), "nothing was left to be cleared away"
    assert project.trained() == [UCSD]

    project.run(*engine)
    assert project.trained() == [UCSD]
    [resumed] = (project.folder / "results/tiny/ucsd/facades-l1").glob(undisturbed.name)
    first, second = json.loads((resumed / "run.json").read_text())["attempts"]
    assert first["from_epoch"] == 0 < second["from_epoch"]
    for name in ("final.safetensors", "history.csv"):
        assert (resumed / name).read_bytes() == (undisturbed / name).read_bytes()


def test_a_training_that_ends_after_snakemake_alone_was_killed_is_not_begun_again(project):
    """As jobs do on a cluster, when the login node is restarted."""
    train_longer(project)
    save_after_each_step(project)
    snakemake, *job = started_and_halted_in_mid_training(project, ("snakemake", "--cores", "2", "ucsd-facades-l1"))
    snakemake.kill()
    for process in job:
        process.resume()
    psutil.wait_procs([snakemake, *job], timeout=60)
    runs = list((project.folder / "results/tiny/ucsd/facades-l1").glob("0-????????"))
    assert len(runs) == 2 and project.trained() == [UCSD]
    made = {run: run.stat().st_ino for run in runs}

    project.snakemake("ucsd-facades-l1")
    assert project.trained() == [] and {run: run.stat().st_ino for run in runs} == made
