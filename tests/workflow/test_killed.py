"""Tests of resuming: if everything is killed during training, the same command ends with the same result."""

import json
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.conftest import wait_until
from tests.workflow.conftest import ENGINES, UCSD, Project

STAND_STILL = """

import os
import signal


def save(work: Path, method: Any, done: Done, _save=save) -> bool:
    saved, stands_still = _save(work, method, done), work / "state/stands-still"
    if done.epoch and "facades-l1" in work.parts and not stands_still.exists():
        stands_still.write_text(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGSTOP)
    return saved
"""


def train_anew(project: Project) -> None:
    project.edit(lambda tree: tree["experiments"]["ucsd"]["facades-l1"].update(n_epochs=300))  # times 0.013


def let_stand_still(project: Project) -> None:
    """Make trainings save after each step, and stop that of facades-l1 with SIGSTOP once, after its first epoch."""
    checkpoint = project.folder / "src/pixcycle/training/checkpoint.py"
    code = checkpoint.read_text()
    assert "SECONDS_BETWEEN = 60\n" in code
    checkpoint.write_text(code.replace("SECONDS_BETWEEN = 60\n", "SECONDS_BETWEEN = 0\n") + STAND_STILL)


@pytest.fixture(scope="session")
def undisturbed(versioned, made_once) -> Path:
    """The folder of the same training from a project in which it was not interrupted."""

    def make(folder: Path) -> None:
        project = versioned.copy(folder)
        train_anew(project)
        project.snakemake("ucsd-facades-l1", "--until", "train")

    project = made_once("undisturbed", make)
    return max(
        (project.folder / "results/tiny/ucsd/facades-l1").glob("0-????????"), key=lambda run: run.stat().st_mtime
    )


def started_and_standing_still(project: Project, command: tuple[str, ...]) -> list[psutil.Process]:
    """Start a command without forks; return all its processes when its training has stopped after saving an epoch."""
    environment = {name: value for name, value in project.environment.items() if name != "PIXCYCLE_FORKS"}
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    started = psutil.Popen(command, cwd=project.folder, env=environment, **silent)

    def stands_still() -> bool:
        assert started.poll() is None, "it ended"
        return any(
            file.read_text() and psutil.Process(int(file.read_text())).status() == psutil.STATUS_STOPPED
            for file in project.folder.glob("results/tiny/ucsd/facades-l1/0-*.part/state/stands-still")
        )

    wait_until(stands_still)
    return [started, *started.children(recursive=True)]


LOOKS = ["-n", "--dry-run", "--summary", "--detailed-summary", "--dag", "--rulegraph", "--filegraph", "--d3dag"]
LOOKS += ["--list-rules", "--list-target-rules", "--lint", "--list-changes=code", "--report=looked.html"]
LOOKS += ["no-such-target", "all --until no-such-rule"]


@pytest.mark.parametrize("look", LOOKS)
def test_snakemake_that_only_looks_keeps_locks_and_cluster_jobs(new_project, tmp_path, look):
    project = new_project.copy(tmp_path / "a project")
    (project.folder / "job").touch()
    for name, script in {"squeue": 'if [ -e job ]; then echo "41|rule_train|$PWD"; fi', "scancel": "rm job"}.items():
        (project.folder / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (project.folder / "bin" / name).chmod(0o755)
    lock = project.folder / ".snakemake/locks/0.output.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text("results/x\n")
    with suppress(AssertionError):  # some of them fail
        project.snakemake(*look.split())
    assert lock.exists() and (project.folder / "job").exists()
    project.snakemake("--until", "fetch")
    assert not lock.exists() and not (project.folder / "job").exists()


@pytest.mark.parametrize("engine", ENGINES)
def test_snakemake_and_dvc_resume_after_kill_9_of_everything(project, undisturbed, engine):
    train_anew(project)
    let_stand_still(project)
    family = started_and_standing_still(project, engine)
    assert "cannot be locked" in project.snakemake("ucsd-facades-l1", fails=True), "removed a live lock"
    for process in family:
        process.kill()
    assert not psutil.wait_procs(family, timeout=60)[1]
    assert list((project.folder / ".snakemake/locks").iterdir()), "no stale lock was left"
    assert project.trained() == [UCSD]

    project.run(*engine)
    assert project.trained() == [UCSD]
    [resumed] = (project.folder / "results/tiny/ucsd/facades-l1").glob(undisturbed.name)
    first, second = json.loads((resumed / "run.json").read_text())["attempts"]
    assert first["from_epoch"] == 0 < second["from_epoch"]
    for name in ("final.safetensors", "history.csv"):
        assert (resumed / name).read_bytes() == (undisturbed / name).read_bytes()


def test_training_that_outlives_a_killed_snakemake_is_not_repeated(project):
    """Like jobs on a cluster when the login node is restarted."""
    train_anew(project)
    let_stand_still(project)
    snakemake, *job = started_and_standing_still(project, ("snakemake", "--cores", "2", "ucsd-facades-l1"))
    snakemake.kill()
    for process in job:
        process.resume()
    assert not psutil.wait_procs([snakemake, *job], timeout=60)[1]
    runs = list((project.folder / "results/tiny/ucsd/facades-l1").glob("0-????????"))
    assert len(runs) == 2 and project.trained() == [UCSD]
    inodes = {run: run.stat().st_ino for run in runs}

    project.snakemake("ucsd-facades-l1")
    assert project.trained() == [] and {run: run.stat().st_ino for run in runs} == inodes
