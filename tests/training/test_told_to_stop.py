"""SIGTERM, a scheduler's notice before it kills: the training saves at once and exits so that it is tried again."""

import json
import os
import random
import re
import signal
import subprocess
import time
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.utils import QuotedFormatter

from pixcycle.engine import notice
from tests.conftest import tiny_experiment, tiny_run, wait_until
from tests.processes import PROCESSES
from tests.training.commands import ROOT, command, environment
from tests.training.finished import assert_same_files
from tests.training.watched import Place, Watched, two_ranks

ENDED = -signal.SIGTERM
SAVED = 128 + signal.SIGTERM
STEPS = 3
"""In an epoch of the tiny run."""


def saved_steps(out: Path) -> int:
    """How many steps of the whole run are behind its state."""
    done = out.with_name(f"{out.name}.part") / "state/done.json"
    told = json.loads(done.read_text()) if done.exists() else {"epoch": 0, "step": 0}
    return STEPS * told["epoch"] + told["step"]


@pytest.mark.parametrize("method", ["pix2pix", "cyclegan"])
def test_sigterm_at_any_moment_saves_within_ten_seconds_and_loses_no_step(method, prepared, tmp_path):
    leash = 6  # two epochs, so that the run outlives ten strikes
    epochs = 10 * (leash + 1) // STEPS + 2
    run = tiny_run(
        tiny_experiment(method, pool_size=5, log_every=2, n_epochs=epochs, sample_epochs=list(range(1, epochs)))
    )
    alone = Watched(run, prepared, tmp_path / "alone", seconds_between=60)
    moments, out = random.Random(6), tmp_path / "told"
    for at in 2 * [Place.START, Place.STEP, Place.STATE, Place.SAMPLES, Place.BETWEEN_EPOCHS]:
        before = saved_steps(out)
        training = Watched(run, prepared, out, seconds_between=0 if at == Place.STATE else 60, leash=leash)
        training.wait_for(at, 0, moments)
        training.process.terminate()
        training.release()
        told = time.monotonic()
        code = training.end()
        assert time.monotonic() - told < 10
        assert code == SAVED or (code == ENDED and training.steps == 0), "before it began there was nothing to save"
        assert saved_steps(out) == before + training.steps
    training = Watched(run, prepared, out, seconds_between=60, halt=Place.FINAL_WEIGHTS)
    training.wait_for(Place.FINAL_WEIGHTS, 0, moments)
    training.process.terminate()
    training.release()
    assert training.end() == 0, "what has come to its end is ended"
    assert alone.end() == 0
    assert_same_files(out, tmp_path / "alone")


def test_several_processes_stop_at_the_same_step_whichever_is_told_and_go_on_from_there(prepared, tmp_path):
    run = tiny_run(tiny_experiment("cyclegan", pool_size=5, n_epochs=10, sample_epochs=[2, 5]))
    assert [rank.end() for rank in two_ranks(run, prepared, tmp_path / "alone")] == [0, 0]
    moments = random.Random(6)
    for told in (1, 0):
        before = saved_steps(tmp_path / "told")
        ranks = two_ranks(run, prepared, tmp_path / "told", leash=5)
        ranks[told].wait_for(Place.STEP, 2, moments)
        ranks[told].process.terminate()
        for rank in ranks:
            rank.release()
        assert ranks[1].end() == SAVED
        saved = saved_steps(tmp_path / "told")  # before the first of them ends, at which launchers end the others
        assert ranks[0].end() == SAVED
        assert saved == before + ranks[0].steps == before + ranks[1].steps
    assert [rank.end() for rank in two_ranks(run, prepared, tmp_path / "told")] == [0, 0]
    assert_same_files(tmp_path / "told", tmp_path / "alone")


def test_networks_that_are_no_longer_finite_are_not_saved(prepared, tmp_path):
    """Between two logged steps nobody looks. The run goes on from the state before, to the same collapse."""
    run = tiny_run(tiny_experiment("cyclegan", gan_mode="lsgan", lr=1e9, log_every=3, n_epochs=2))
    assert Watched(run, prepared, tmp_path / "alone", seconds_between=60).end() == 0
    training = Watched(run, prepared, tmp_path / "told", leash=2)
    training.wait_for(Place.LEASH, 2, random.Random(6))
    training.process.kill()
    training.end()
    assert saved_steps(tmp_path / "told") == 1
    assert Watched(run, prepared, tmp_path / "told").end() == 0
    assert_same_files(tmp_path / "told", tmp_path / "alone")
    assert json.loads((tmp_path / "told/run.json").read_text())["status"] == "collapsed"


def tell_oneself_to_stop(there: Connection) -> None:
    now = 0.0
    notice.time = SimpleNamespace(monotonic=lambda: now)
    with notice.noticed() as told:
        for now in (0.0, 0.0, notice.SECONDS, notice.SECONDS + 0.1):
            signal.raise_signal(signal.SIGTERM)
            there.send((now, told()))


def test_signals_that_come_together_are_one_notice_and_a_later_one_ends_at_once():
    """SLURM tells each process of a job, and a launcher tells its ranks again what it was told itself."""
    here, there = PROCESSES.Pipe(duplex=False)
    stuck = PROCESSES.Process(target=tell_oneself_to_stop, args=(there,))
    stuck.start()
    there.close()
    assert [here.recv() for _ in range(3)] == [(0, True), (0, True), (notice.SECONDS, True)]
    with pytest.raises(EOFError):
        here.recv()
    stuck.join()
    assert stuck.exitcode == ENDED


def shell_of_rule(run: str, plan: str, prepared: str, out: str) -> str:
    """What Snakemake has bash do for a training."""
    [lines] = re.findall(r"    shell:\n((?:        \".*\"\n?)+)", (ROOT / "workflow/rules/train.smk").read_text())
    template = "".join(re.findall(r'^        "(.*)"$', lines, flags=re.MULTILINE))
    filled = QuotedFormatter().format(
        template,
        params=SimpleNamespace(run=run, plan=plan, weights=""),
        input=SimpleNamespace(prepared=prepared),
        output=out,
        resources=SimpleNamespace(gpu=1),
        log=f"{out}.log",
    )
    return f"set -euo pipefail; {filled}"


def test_the_shell_of_the_rule_outlives_sigterm_and_tells_what_the_training_did_even_if_nobody_listens(
    prepared, tmp_path
):
    out = tmp_path / "run"
    run = tiny_run(tiny_experiment(n_epochs=10_000))
    made = command(run, prepared, out)
    path = f"{Path(made[0]).parent}:{os.environ['PATH']}"
    at_work = {"env": environment("") | {"PATH": path, "PYTHONUNBUFFERED": ""}}  # buffered, as Python is by itself
    history = tmp_path / "run.part/history.csv"

    shell = ["bash", "-c", shell_of_rule(run.key, made[made.index("--plan") + 1], str(prepared), str(out))]
    job = subprocess.Popen(shell, **at_work, stdout=subprocess.DEVNULL, start_new_session=True)
    wait_until(history.exists)
    os.killpg(job.pid, signal.SIGTERM)  # as SLURM does
    assert job.wait(10) == SAVED
    [epochs, steps] = re.findall(
        r"told to stop; the same command goes on after epoch (\d+)(?: and (\d) steps?)?\n$",
        out.with_suffix(".log").read_text(),
    )[0]
    assert STEPS * int(epochs) + int(steps or 0) == saved_steps(out) > 0

    begun = history.stat().st_size
    training = subprocess.Popen(made, **at_work, stderr=subprocess.PIPE)
    assert training.stderr.readline()
    training.stderr.close()
    wait_until(lambda: history.stat().st_size > begun)
    before = saved_steps(out)
    training.terminate()
    assert training.wait(10) == SAVED
    assert saved_steps(out) > before
