"""Tests of the workflow on a SLURM cluster of two nodes on this machine, each with two fake GPUs."""

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest
import yaml

from pixcycle.params.load import load_params
from pixcycle.plan.make import make_plan
from pixcycle.plan.runs import Run
from pixcycle.records.attempts import attempts
from pixcycle.records.history import read_history
from tests.conftest import wait_until
from tests.support import ROOT
from tests.support.slurm_cluster import cluster, jobs, why_not
from tests.workflow.conftest import Project

GPUS_AT_ONCE = 3
MEGABYTES = 2000
TFLOPS = 1e-6
"""Slow enough that even tiny trainings differ in minutes."""
THREE = ("ucsd-facades-l1", "ucsd-facades-noskip", "ucsd-facades-cyc-l1")
UNLUCKY = "ucsd-facades-noskip/1"

STALL = '''

import signal


def _steps(e, method, batches, done, _steps=_steps):
    """Stop trainings of facades-cyc-l1 once, in the third step of their second epoch, until SLURM ends them."""
    out = Path(sys.argv[sys.argv.index("--out") + 1])
    stalled = part(out) / "state/stalled"
    for at in _steps(e, method, batches, done):
        if at[:2] == (1, 2) and "facades-cyc-l1" in out.parts and not stalled.exists():
            stalled.touch()
            signal.pause()
        yield at
'''


@pytest.fixture(scope="module")
def slurm() -> Iterator[None]:
    """Run a cluster that all commands of these tests use."""
    if reason := why_not():
        (pytest.fail if os.environ.get("PIXCYCLE_REQUIRE_SLURM") else pytest.skip)(reason)
    with cluster() as environment, pytest.MonkeyPatch.context() as patch:
        for name in ("PATH", "SLURM_CONF"):
            patch.setenv(name, environment[name])
        patch.setenv("PIXCYCLE_TFLOPS", str(TFLOPS))
        patch.delenv("PIXCYCLE_FORKS")  # jobs must be processes of SLURM
        patch.setenv("OMP_NUM_THREADS", "1")  # as Snakemake sets it: more threads change the order of sums
        yield


def copy_profile(project: Project) -> None:
    """Copy and edit the profile as a user would, but check jobs every few seconds."""
    profile = yaml.safe_load((project.folder / "profiles/slurm/config.yaml").read_text())
    profile["default-resources"]["mem_mb"] = f"{MEGABYTES} * attempt"
    profile |= {"resources": {"gpu": GPUS_AT_ONCE}, "retries": 1, "slurm-init-seconds-before-status-checks": 2}
    (project.folder / "profiles/mine").mkdir()
    (project.folder / "profiles/mine/config.yaml").write_text(yaml.safe_dump(profile))


@dataclass(frozen=True)
class Disturbed:
    """Six trainings: one was cancelled, one reached its time limit, and one failed twice."""

    project: Project
    output: str
    runs: dict[str, Run]
    undisturbed: dict[str, Path]
    """The interrupted runs, trained again without SLURM and without interruption."""
    minutes: dict[str, int]
    """Minutes of each experiment's training at TFLOPS on one GPU, as estimated by `pixcycle plan`."""
    jobs: dict[str, list[dict[str, str]]]
    """The jobs that trained a run, in order, as described by SLURM."""


@pytest.fixture(scope="module")
def disturbed(slurm, new_project, tmp_path_factory) -> Disturbed:
    folder = tmp_path_factory.mktemp("slurm")
    project = new_project.copy(folder / "a project")

    def change(tree):
        tree["seeds"] = [0, 1]
        tree["scales"]["tiny"] |= {"epochs": 0.03, "experiments": list(THREE)}
        tree["experiments"]["ucsd"]["facades-l1"]["gpus"] = 2

    project.edit(change)
    undisturbed = project.copy(folder / "undisturbed")
    let_stand_still(project)
    project.break_training(UNLUCKY, "pixcycle: no luck today")
    copy_profile(project)
    plan = make_plan(load_params(project.folder / "params.yaml"), project.folder)
    project.snakemake(*{f"data/prepared/{run.data}" for run in plan.runs.values()})

    snakemake = ("timeout", "-s", "INT", "-k", "20", "450", "snakemake", "--profile", "profiles/mine")
    stalled = {seed: plan.runs[f"ucsd-facades-cyc-l1/{seed}"] for seed in (0, 1)}
    with ThreadPoolExecutor() as pool:
        running = pool.submit(project.run, *snakemake, *(run.folder for run in plan.runs.values()), fails=True)
        cancelled, stopped = (job_that_stands_still(project.folder / f"{run.folder}.part") for run in stalled.values())
        project.set_lr("facades-l1", 0.5)  # affects jobs submitted later, not those in the queue
        subprocess.run(["scancel", cancelled], check=True)
        subprocess.run(["scontrol", "update", f"JobId={stopped}", "EndTime=now"], check=True)
        trained = {run.key: train(undisturbed, run, project.folder) for run in stalled.values()}
        estimated = json.loads(project.run("pixcycle", "plan", "--json"))["trainings"]
        output = running.result()
    return Disturbed(
        project=project,
        output=output,
        runs=plan.runs,
        undisturbed=trained,
        minutes={training["id"]: training["flops"] / (TFLOPS * 1e12) / 60 for training in estimated},
        jobs={
            run.key: [job for job in jobs() if run.fingerprint in job["Comment"] and f"_{run.seed}_" in job["Comment"]]
            for run in plan.runs.values()
        },
    )


def let_stand_still(project: Project) -> None:
    """Set four steps per epoch for facades-cyc-l1, and append STALL to the training loop."""
    project.edit(lambda tree: tree["experiments"]["ucsd"]["facades-cyc-l1"].update(batch_size=4))
    with (project.folder / "src/pixcycle/training/loop.py").open("a") as loop:
        loop.write(STALL)


def job_that_stands_still(work: Path) -> str:
    """Wait until a training has stalled in its second epoch, and return its SLURM job."""
    wait_until((work / "state/stalled").exists)
    return attempts(work)[0].job


def went_on_from(attempt: dict) -> tuple[int, int]:
    return attempt["from_epoch"], attempt["from_step"]


def train(project: Project, run: Run, prepared_in: Path) -> Path:
    """Train the same run in another project without SLURM, and return its folder."""
    [plan_file] = (prepared_in / ".snakemake/plans").glob("*.json")
    prepared = prepared_in / "data/prepared" / run.data
    arguments = ("--plan", str(plan_file), "--prepared", str(prepared), "--out", run.folder)
    project.run("pixcycle", "job", "train", run.key, *arguments)
    return project.folder / run.folder


def test_slurm_training_job_requests_gpus_memory_time_and_partition(disturbed):
    for key, submitted in disturbed.jobs.items():
        assert len(submitted) == (2 if "cyc-l1" in key or key == UNLUCKY else 1)
        gpus = disturbed.runs[key].config.gpus
        for attempt, job in enumerate(submitted, start=1):
            assert (job["TresPerJob"], job["NumNodes"], job["Partition"]) == (f"gres:gpu:{gpus}", "1", "gpu")
            assert job["MinMemoryNode"] == f"{attempt * MEGABYTES}M"
            hours, minutes, _ = map(int, job["TimeLimit"].split(":"))
            limit = 10 + 2 * attempt * disturbed.minutes[disturbed.runs[key].id] / gpus
            if job["JobState"] != "TIMEOUT":  # the test changed its limit
                assert limit <= 60 * hours + minutes < limit + 1


def test_slurm_profile_limits_gpus_in_use_at_once(disturbed):
    changes = [
        (datetime.fromisoformat(job[when]), sign * disturbed.runs[key].config.gpus)
        for key, submitted in disturbed.jobs.items()
        for job in submitted
        for when, sign in (("StartTime", 1), ("EndTime", -1))
    ]
    assert max(accumulate(change for _, change in sorted(changes))) == GPUS_AT_ONCE


@pytest.mark.parametrize(
    ("seed", "state"), [pytest.param(0, "CANCELLED", id="cancelled"), pytest.param(1, "TIMEOUT", id="time limit")]
)
def test_slurm_job_ended_during_training_resumes_with_the_same_bits(disturbed, seed, state):
    key = f"ucsd-facades-cyc-l1/{seed}"
    folder = disturbed.project.folder / disturbed.runs[key].folder
    assert [job["JobState"] for job in disturbed.jobs[key]] == [state, "COMPLETED"]
    attempts = json.loads((folder / "run.json").read_text())["attempts"]
    assert [attempt["job"] for attempt in attempts] == [job["JobId"] for job in disturbed.jobs[key]]
    assert [went_on_from(attempt) for attempt in attempts] == [(0, 0), (1, 3)], "no state was saved when SIGTERM came"
    for name in ("final.safetensors", "history.csv"):
        assert (folder / name).read_bytes() == (disturbed.undisturbed[key] / name).read_bytes()


def test_slurm_failed_job_is_summarized_and_other_jobs_finish(disturbed):
    run = disturbed.runs[UNLUCKY]
    end = disturbed.output.rpartition("Exiting because a job execution failed.")[2]
    [line] = re.findall("^failed: .*$", end, flags=re.MULTILINE)
    log = f"logs/tiny/ucsd-facades-noskip/train-1-{run.fingerprint}.log"
    last = disturbed.jobs[UNLUCKY][-1]["JobId"]
    assert line == f"failed: train {UNLUCKY}: pixcycle: no luck today ({log}, SLURM job {last}: FAILED)"
    for other in disturbed.runs.values():
        assert (disturbed.project.folder / other.folder).exists() == (other != run)


def test_slurm_training_connects_its_processes_without_srun_warning(disturbed):
    for run in disturbed.runs.values():
        log = disturbed.project.folder / f"logs/tiny/{run.id}/train-{run.seed}-{run.fingerprint}.log"
        assert "srun" not in log.read_text()
        if run.key != UNLUCKY:
            record = json.loads((disturbed.project.folder / run.folder / "run.json").read_text())
            assert record["processes"] == run.config.gpus


def test_manual_srun_trains_on_two_gpus(disturbed, tmp_path, monkeypatch):
    run = disturbed.runs["ucsd-facades-l1/0"]
    [plan_file] = (disturbed.project.folder / ".snakemake/plans").glob("*.json")
    with socket.create_server(("127.0.0.1", 0)) as free:
        monkeypatch.setenv("MASTER_PORT", str(free.getsockname()[1]))
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")  # the names of the fake nodes cannot be resolved
    srun = ("srun", "--nodes=1", "--ntasks-per-node=2", "--gpus=2", f"--mem={MEGABYTES}")
    arguments = ("--plan", str(plan_file), "--prepared", f"data/prepared/{run.data}", "--out", str(tmp_path / "run"))
    disturbed.project.run(*srun, "pixcycle", "job", "train", run.key, *arguments)
    assert json.loads((tmp_path / "run/run.json").read_text())["processes"] == 2
    histories = [read_history(folder) for folder in (tmp_path / "run", disturbed.project.folder / run.folder)]
    np.testing.assert_allclose(*histories, rtol=1e-5, atol=1e-5)


def test_slurm_jobs_of_a_killed_snakemake_are_ended_and_resumed(slurm, new_project, tmp_path):
    project = new_project.copy(tmp_path / "a project")
    let_stand_still(project)
    copy_profile(project)
    run = make_plan(load_params(project.folder / "params.yaml"), project.folder).runs["ucsd-facades-cyc-l1/0"]
    command = ("snakemake", "--profile", "profiles/mine", run.folder)
    killed = subprocess.Popen(command, cwd=project.folder, env=project.environment, stderr=subprocess.DEVNULL)
    job_that_stands_still(project.folder / f"{run.folder}.part")
    killed.kill()
    killed.wait()
    assert "ending" not in project.run(*command, "--dry-run")
    output = project.run("timeout", "-s", "INT", "-k", "20", "450", *command)
    assert "cancelled 1 SLURM job(s)" in output
    noted = json.loads((project.folder / run.folder / "run.json").read_text())["attempts"]
    assert [went_on_from(attempt) for attempt in noted] == [(0, 0), (1, 3)]


def test_dvc_repro_submits_slurm_jobs_and_leaves_nothing_to_do(slurm, new_project, tmp_path, monkeypatch):
    project = new_project.copy(tmp_path / "a project")
    project.edit(lambda tree: tree["scales"]["tiny"].update(experiments=["ucsd-facades-l1"]))
    copy_profile(project)
    monkeypatch.setenv("SNAKEMAKE_PROFILE", "profiles/mine")
    before = {job["JobId"] for job in jobs()}
    project.run("timeout", "-s", "INT", "-k", "20", "450", "dvc", "repro")
    assert project.trained() == ["ucsd-facades-l1/0"]
    rules = [re.match("rule_([a-z_]+)_wildcards", job["Comment"])[1] for job in jobs() if job["JobId"] not in before]
    assert sorted(rules) == ["evaluate", "prepare", "real_features", "train", "translate"]
    assert "Nothing to be done" in project.run("snakemake", "-n")


def test_slurm_profile_has_five_numbered_settings():
    profile = (ROOT / "profiles/slurm/config.yaml").read_text()
    assert re.findall(r"# (\d)\. ", profile) == ["1", "2", "3", "4", "5"]
