"""Training on several simulated GPUs: one process for each, which share each batch and communicate through gloo."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from pixcycle.machine import ranks
from pixcycle.records.attempts import attempts
from pixcycle.training import checkpoint
from tests.conftest import tiny_experiment, tiny_run, wait_until
from tests.support.commands import command, environment, train_command
from tests.support.steps import COMPETITORS
from tests.support.training import train as train_run
from tests.support.watched import two_ranks

RESNET = {"generator": "resnet6", "norm": "instance", "conditional": False}
SETTINGS = {
    "pix2pix with batch norm and dropout": {"method": "pix2pix"},
    "cyclegan with batch norm": {"method": "cyclegan", "n_epochs": 2},
    "cyclegan with a pool, identity loss and one discriminator": RESNET
    | {"method": "cyclegan", "pool_size": 5, "lambda_identity": 0.5, "discriminators": 1, "n_epochs": 1},
    "discriminator first, with the networks of report 001": {
        **{"method": "cyclegan", "generator": "resnet6_short", "dropout": False, "gan_mode": "lsgan", "n_epochs": 1},
        **{"patch": 46, "conditional": False, "discriminators": 1, "order": "discriminator_first"},
    },
    "as in the code of report 000": {
        **{"method": "pix2pix", "layers": "ucsd", "initial_weights": "unit_gains", "adam": "keras_shared"},
        **{"order": "generator_first", "halve_discriminator": False},
    },
} | {name: settings | {"n_epochs": 1} for name, settings in COMPETITORS.items()}
"""The third run is short: its losses differ by 2e-7 in most steps, but by 1e-4 in one of thirty steps tried."""


def train(run, prepared: Path, out: Path, gpus: str, launcher: tuple[str, ...] = ()) -> str:
    arguments = command(run, prepared, out)
    done = subprocess.run([*launcher, *arguments], env=environment(gpus), capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return done.stderr


def history(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "history.csv")


def train_in_two_ranks(run, prepared: Path, out: Path) -> None:
    assert [rank.end() for rank in two_ranks(run, prepared, out)] == [0, 0]


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_two_ranks_give_the_losses_of_one_at_the_same_global_batch(settings, prepared, tmp_path):
    run = tiny_run(tiny_experiment(**settings, gpus=2))
    train_run(run, prepared, tmp_path / "one")
    train_in_two_ranks(run, prepared, tmp_path / "two")
    one, two = history(tmp_path / "one"), history(tmp_path / "two")
    assert len(one) == 3 * run.config.n_epochs
    np.testing.assert_allclose(two, one, rtol=1e-5, atol=1e-5)
    records = [json.loads((tmp_path / name / "run.json").read_text()) for name in ("one", "two")]
    assert [record["processes"] for record in records] == [1, 2]
    assert [record["batch_size"] for record in records] == [4, 4]
    one, two = (load_file(tmp_path / name / "final.safetensors") for name in ("one", "two"))
    assert one.keys() == two.keys()
    for statistic in (key for key in one if "running" in key):
        np.testing.assert_allclose(two[statistic], one[statistic], rtol=1e-4, atol=1e-5, err_msg=statistic)


def test_two_ranks_share_a_smaller_last_batch(prepared, tmp_path):
    settings = {"batch_size": 8, "last_batch": "kept", "pair_jitter": "independent", "flip_draw": "whole_training"}
    run = tiny_run(tiny_experiment(**settings, crop_size=8, patch=1, n_epochs=2, gpus=2))
    train_run(run, prepared, tmp_path / "one")
    train_in_two_ranks(run, prepared, tmp_path / "two")
    one, two = history(tmp_path / "one"), history(tmp_path / "two")
    assert len(one) == 2 * 2  # batches of 8 and 4
    np.testing.assert_allclose(two, one, rtol=1e-5, atol=1e-5)


def test_train_reports_its_device_and_the_requested_gpus(prepared, tmp_path, capsys):
    train_run(tiny_run(tiny_experiment(n_epochs=0, gpus=2)), prepared, tmp_path / "fewer")
    assert "no GPU here: on the CPU, 1 thread (gpus: 2 requested)\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    "allocation",
    [
        {"SLURM_NTASKS": "4", "SLURM_JOB_NAME": "train"},
        {"SLURM_NTASKS": "2", "SLURM_NTASKS_PER_NODE": "2", "SLURM_JOB_NAME": "train"},
        {"SLURM_NTASKS": "2", "SLURM_JOB_NAME": "interactive"},
    ],
)
def test_fabric_without_srun_in_a_slurm_allocation_is_one_process(allocation, monkeypatch):
    for name, value in (allocation | {"SLURM_JOB_ID": "1", "SLURM_PROCID": "0", "SLURM_NNODES": "1"}).items():
        monkeypatch.setenv(name, value)
    assert not ranks.started_as_one_of_many()
    assert ranks.fabric().world_size == 1


def test_train_takes_at_most_the_gpus_that_the_workflow_grants(prepared, tmp_path, pixcycle, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    arguments = train_command(tiny_run(tiny_experiment(gpus=2, n_epochs=0)), prepared, tmp_path / "run")
    code, _, stderr = pixcycle(*arguments, "--gpus", "1")
    assert code == 0, stderr
    assert json.loads((tmp_path / "run/run.json").read_text())["processes"] == 1


def test_train_under_torchrun_equals_training_in_one_process(prepared, tmp_path):
    run = tiny_run(tiny_experiment(gpus=2, n_epochs=1))
    launcher = ("torchrun", "--standalone", "--nproc-per-node=2", "--no-python")
    train(run, prepared, tmp_path / "by hand", "0,1", (str(Path(sys.executable).parent / launcher[0]), *launcher[1:]))
    train_run(run, prepared, tmp_path / "one")
    assert json.loads((tmp_path / "by hand/run.json").read_text())["processes"] == 2
    np.testing.assert_allclose(history(tmp_path / "by hand"), history(tmp_path / "one"), rtol=1e-5, atol=1e-5)


def test_run_interrupted_on_one_gpu_continues_on_two(prepared, tmp_path, monkeypatch):
    run = tiny_run(tiny_experiment("cyclegan", pool_size=5, gpus=2))
    train_in_two_ranks(run, prepared, tmp_path / "undisturbed")

    save = checkpoint.save

    def save_and_die(work, method, done):
        save(work, method, done)
        if (done.epoch, done.step) == (1, 2):
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0)
    monkeypatch.setattr(checkpoint, "save", save_and_die)
    with pytest.raises(KeyboardInterrupt):
        train_run(run, prepared, tmp_path / "run")
    assert "no GPU here: on the CPU, 2 processes with 1 thread\n" in train(run, prepared, tmp_path / "run", "0,1")
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert [(attempt["from_epoch"], attempt["from_step"]) for attempt in record["attempts"]] == [(0, 0), (1, 2)]
    np.testing.assert_allclose(history(tmp_path / "run"), history(tmp_path / "undisturbed"), rtol=1e-5, atol=1e-5)


def test_sigterm_to_all_ranks_saves_once_and_sigkill_ends_them_all(prepared, tmp_path):
    """SLURM signals each process of a job, and the launcher signals its ranks once more."""
    arguments = command(tiny_run(tiny_experiment(gpus=2, n_epochs=20_000)), prepared, tmp_path / "run")
    history = tmp_path / "run.part/history.csv"
    job = subprocess.Popen(arguments, env=environment("0,1"), stderr=subprocess.PIPE, text=True)
    wait_until(history.exists)
    ranks = processes(tmp_path)
    assert len(ranks) == 3
    for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGCONT):  # all receive it before any can end
        for pid in ranks:
            os.kill(int(pid), number)
    _, stderr = job.communicate(timeout=60)
    assert job.returncode == 128 + signal.SIGTERM
    assert stderr.count("stopped by SIGTERM; ") == 1
    assert "Traceback" not in stderr
    assert not processes(tmp_path)
    saved = json.loads((tmp_path / "run.part/state/done.json").read_text())

    size = history.stat().st_size
    job = subprocess.Popen(arguments, env=environment("0,1"), stderr=subprocess.DEVNULL)
    wait_until(lambda: history.stat().st_size > size)
    [_, second] = attempts(tmp_path / "run.part")
    assert (second.from_epoch, second.from_step) == (saved["epoch"], saved["step"]) > (0, 0)
    job.send_signal(signal.SIGKILL)
    job.wait()
    wait_until(lambda: not processes(tmp_path))


def processes(folder: Path) -> list[str]:
    return subprocess.run(["pgrep", "-f", str(folder)], capture_output=True, text=True).stdout.split()


def test_user_error_in_a_rank_exits_with_2_and_without_traceback(prepared, tmp_path):
    for domain in "AB":
        images = np.load(prepared / f"train_{domain}.npy")
        np.save(prepared / f"train_{domain}.npy", images[:11])
    arguments = command(tiny_run(tiny_experiment(gpus=2, batch_size=12)), prepared, tmp_path / "run")
    done = subprocess.run(arguments, env=environment("0,1"), capture_output=True, text=True, timeout=200)
    assert done.returncode == 2
    assert "2 GPUs cannot share batches of 11 equally" in done.stderr
    assert "Traceback" not in done.stderr
