"""A run on several cards, pretended ones: as many processes, which share each batch and talk through gloo."""

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

from pixcycle.engine import ranks
from pixcycle.training import checkpoint, loop
from pixcycle.training.attempts import attempts
from tests.conftest import tiny_experiment, tiny_run, wait_until
from tests.training.commands import command, environment, train_command
from tests.training.watched import two_ranks

RESNET = {"generator": "resnet6", "norm": "instance", "conditional": False}
SETTINGS = {
    "pix2pix with batch norm and dropout": {"method": "pix2pix"},
    "cyclegan with batch norm": {"method": "cyclegan", "n_epochs": 2},
    "cyclegan with a pool, identity loss and one discriminator": RESNET
    | {"method": "cyclegan", "pool_size": 5, "lambda_identity": 0.5, "discriminators": 1, "n_epochs": 1},
}
"""The last one is short: its losses differ by 2e-7 at most steps, but by 1e-4 at one of thirty that were tried."""


def train(run, prepared: Path, out: Path, cards: str, launcher: tuple[str, ...] = ()) -> str:
    made = command(run, prepared, out)
    done = subprocess.run([*launcher, *made], env=environment(cards), capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return done.stderr


def history(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "history.csv")


def train_in_two_ranks(run, prepared: Path, out: Path) -> None:
    assert [rank.end() for rank in two_ranks(run, prepared, out)] == [0, 0]


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_two_processes_give_the_losses_of_one_at_the_same_global_batch(settings, prepared, tmp_path):
    run = tiny_run(tiny_experiment(**settings, gpus=2))
    loop.train(run, prepared, tmp_path / "one")
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


def test_a_line_tells_what_is_trained_on_and_what_was_asked_for(prepared, tmp_path, capsys):
    loop.train(tiny_run(tiny_experiment(n_epochs=0, gpus=2)), prepared, tmp_path / "fewer")
    assert "no GPU here: on the CPU, 1 thread (gpus: 2 is asked for)\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    "allocation",
    [
        {"SLURM_NTASKS": "4", "SLURM_JOB_NAME": "train"},
        {"SLURM_NTASKS": "2", "SLURM_NTASKS_PER_NODE": "2", "SLURM_JOB_NAME": "train"},
        {"SLURM_NTASKS": "2", "SLURM_JOB_NAME": "interactive"},
    ],
)
def test_within_an_allocation_for_several_tasks_a_command_without_srun_is_one_process(allocation, monkeypatch):
    for name, value in (allocation | {"SLURM_JOB_ID": "1", "SLURM_PROCID": "0", "SLURM_NNODES": "1"}).items():
        monkeypatch.setenv(name, value)
    assert not ranks.started_as_one_of_many()
    assert ranks.fabric().world_size == 1


def test_at_most_so_many_cards_are_taken_as_the_workflow_grants(prepared, tmp_path, pixcycle, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    made = train_command(tiny_run(tiny_experiment(gpus=2, n_epochs=0)), prepared, tmp_path / "run")
    code, _, said = pixcycle(*made, "--gpus", "1")
    assert code == 0, said
    assert json.loads((tmp_path / "run/run.json").read_text())["processes"] == 1


def test_torchrun_started_by_hand_does_the_same(prepared, tmp_path):
    run = tiny_run(tiny_experiment(gpus=2, n_epochs=1))
    launcher = ("torchrun", "--standalone", "--nproc-per-node=2", "--no-python")
    train(run, prepared, tmp_path / "by hand", "0,1", (str(Path(sys.executable).parent / launcher[0]), *launcher[1:]))
    loop.train(run, prepared, tmp_path / "one")
    assert json.loads((tmp_path / "by hand/run.json").read_text())["processes"] == 2
    np.testing.assert_allclose(history(tmp_path / "by hand"), history(tmp_path / "one"), rtol=1e-5, atol=1e-5)


def test_a_run_that_was_interrupted_on_one_card_goes_on_with_two(prepared, tmp_path, monkeypatch):
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
        loop.train(run, prepared, tmp_path / "run")
    assert "no GPU here: on the CPU, 2 processes with 1 thread\n" in train(run, prepared, tmp_path / "run", "0,1")
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert [(attempt["from_epoch"], attempt["from_step"]) for attempt in record["attempts"]] == [(0, 0), (1, 2)]
    np.testing.assert_allclose(history(tmp_path / "run"), history(tmp_path / "undisturbed"), rtol=1e-5, atol=1e-5)


def test_processes_that_are_told_to_stop_save_once_and_those_of_a_killed_run_do_not_live_on(prepared, tmp_path):
    """SLURM tells each process of a job by itself, and the launcher tells its ranks once more."""
    made = command(tiny_run(tiny_experiment(gpus=2, n_epochs=20_000)), prepared, tmp_path / "run")
    history = tmp_path / "run.part/history.csv"
    job = subprocess.Popen(made, env=environment("0,1"), stderr=subprocess.PIPE, text=True)
    wait_until(history.exists)
    ranks = processes(tmp_path)
    assert len(ranks) == 3
    for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGCONT):  # each hears it before another can have ended
        for each in ranks:
            os.kill(int(each), number)
    _, said = job.communicate(timeout=60)
    assert job.returncode == 128 + signal.SIGTERM
    assert said.count("told to stop; the same command goes on after epoch ") == 1
    assert "Traceback" not in said
    assert not processes(tmp_path)
    saved = json.loads((tmp_path / "run.part/state/done.json").read_text())

    begun = history.stat().st_size
    job = subprocess.Popen(made, env=environment("0,1"), stderr=subprocess.DEVNULL)
    wait_until(lambda: history.stat().st_size > begun)
    [_, again] = attempts(tmp_path / "run.part")
    assert (again["from_epoch"], again["from_step"]) == (saved["epoch"], saved["step"]) > (0, 0)
    job.send_signal(signal.SIGKILL)
    job.wait()
    wait_until(lambda: not processes(tmp_path))


def processes(of: Path) -> list[str]:
    return subprocess.run(["pgrep", "-f", str(of)], capture_output=True, text=True).stdout.split()


def test_what_is_wrong_is_said_without_a_traceback_and_ends_with_exit_code_2(prepared, tmp_path):
    for domain in "AB":
        images = np.load(prepared / f"train_{domain}.npy")
        np.save(prepared / f"train_{domain}.npy", images[:11])
    made = command(tiny_run(tiny_experiment(gpus=2, batch_size=12)), prepared, tmp_path / "run")
    done = subprocess.run(made, env=environment("0,1"), capture_output=True, text=True, timeout=200)
    assert done.returncode == 2
    assert "fills batches of 11, which 2 cards cannot share equally" in done.stderr
    assert "Traceback" not in done.stderr
