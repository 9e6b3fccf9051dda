"""On SIGTERM, which schedulers send before they kill, a training saves its state and exits to be resubmitted."""

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

from pixcycle.machine import sigterm
from tests.conftest import tiny_experiment, tiny_run, wait_until
from tests.support.commands import ROOT, command, environment
from tests.support.finished import assert_same_files
from tests.support.processes import PROCESSES
from tests.support.watched import Place, Watched, two_ranks

ENDED = -signal.SIGTERM
SAVED = 128 + signal.SIGTERM
STEPS = 3
"""Steps in an epoch of the tiny run."""


def saved_steps(out: Path) -> int:
    """Return the number of steps of the run that its saved state includes."""
    path = out.with_name(f"{out.name}.part") / "state/done.json"
    done = json.loads(path.read_text()) if path.exists() else {"epoch": 0, "step": 0}
    return STEPS * done["epoch"] + done["step"]


@pytest.mark.parametrize("method", ["pix2pix", "cyclegan"])
def test_sigterm_at_any_moment_saves_within_ten_seconds_and_loses_no_step(method, prepared, tmp_path):
    leash = 6  # steps of an attempt: two epochs, so that the run lasts for ten signals
    epochs = 10 * (leash + 1) // STEPS + 2
    run = tiny_run(
        tiny_experiment(method, pool_size=5, log_every=2, n_epochs=epochs, sample_epochs=list(range(1, epochs)))
    )
    undisturbed = Watched(run, prepared, tmp_path / "undisturbed", seconds_between=60)
    moments, out = random.Random(6), tmp_path / "interrupted"
    for at in 2 * [Place.START, Place.STEP, Place.STATE, Place.SAMPLES, Place.BETWEEN_EPOCHS]:
        before = saved_steps(out)
        training = Watched(run, prepared, out, seconds_between=0 if at == Place.STATE else 60, leash=leash)
        training.wait_for(at, 0, moments)
        training.process.terminate()
        training.release()
        released = time.monotonic()
        code = training.end()
        assert time.monotonic() - released < 10
        assert code == SAVED or (code == ENDED and training.steps == 0), "exited without saving its steps"
        assert saved_steps(out) == before + training.steps
    training = Watched(run, prepared, out, seconds_between=60, halt=Place.FINAL_WEIGHTS)
    training.wait_for(Place.FINAL_WEIGHTS, 0, moments)
    training.process.terminate()
    training.release()
    assert training.end() == 0, "a training that writes its final weights must finish"
    assert undisturbed.end() == 0
    assert_same_files(out, tmp_path / "undisturbed")


def test_sigterm_to_any_rank_stops_all_ranks_at_the_same_step(prepared, tmp_path):
    run = tiny_run(tiny_experiment("cyclegan", pool_size=5, n_epochs=10, sample_epochs=[2, 5]))
    assert [rank.end() for rank in two_ranks(run, prepared, tmp_path / "undisturbed")] == [0, 0]
    moments = random.Random(6)
    for signalled in (1, 0):
        before = saved_steps(tmp_path / "interrupted")
        ranks = two_ranks(run, prepared, tmp_path / "interrupted", leash=5)
        ranks[signalled].wait_for(Place.STEP, 2, moments)
        ranks[signalled].process.terminate()
        for rank in ranks:
            rank.release()
        assert ranks[1].end() == SAVED
        saved = saved_steps(tmp_path / "interrupted")  # before rank 0 ends, upon which launchers end the others
        assert ranks[0].end() == SAVED
        assert saved == before + ranks[0].steps == before + ranks[1].steps
    assert [rank.end() for rank in two_ranks(run, prepared, tmp_path / "interrupted")] == [0, 0]
    assert_same_files(tmp_path / "interrupted", tmp_path / "undisturbed")


def test_save_skips_networks_that_are_not_finite(prepared, tmp_path):
    """Losses are checked at logged steps only. The run continues from the state before, to the same collapse."""
    run = tiny_run(tiny_experiment("cyclegan", gan_mode="lsgan", lr=1e9, log_every=3, n_epochs=2))
    assert Watched(run, prepared, tmp_path / "undisturbed", seconds_between=60).end() == 0
    training = Watched(run, prepared, tmp_path / "interrupted", leash=2)
    training.wait_for(Place.LEASH, 2, random.Random(6))
    training.process.kill()
    training.end()
    assert saved_steps(tmp_path / "interrupted") == 1
    assert Watched(run, prepared, tmp_path / "interrupted").end() == 0
    assert_same_files(tmp_path / "interrupted", tmp_path / "undisturbed")
    assert json.loads((tmp_path / "interrupted/run.json").read_text())["status"] == "collapsed"


def raise_signals(connection: Connection) -> None:
    now = 0.0
    sigterm.time = SimpleNamespace(monotonic=lambda: now)
    with sigterm.noticed() as received:
        for now in (0.0, 0.0, sigterm.SECONDS, sigterm.SECONDS + 0.1):
            signal.raise_signal(signal.SIGTERM)
            connection.send((now, received()))


def test_noticed_merges_early_signals_and_a_later_one_terminates():
    """SLURM signals each process of a job, and a launcher passes the signal on to its ranks."""
    receiver, sender = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=raise_signals, args=(sender,))
    process.start()
    sender.close()
    assert [receiver.recv() for _ in range(3)] == [(0, True), (0, True), (sigterm.SECONDS, True)]
    with pytest.raises(EOFError):
        receiver.recv()
    process.join()
    assert process.exitcode == ENDED


def shell_of_rule(run: str, plan: str, prepared: str, out: str) -> str:
    """Return the shell script that Snakemake runs with bash for a training."""
    [lines] = re.findall(r"    shell:\n((?:        \".*\"\n?)+)", (ROOT / "workflow/rules/train.smk").read_text())
    template = "".join(re.findall(r'^        "(.*)"$', lines, flags=re.MULTILINE))
    filled = QuotedFormatter().format(
        template,
        params=SimpleNamespace(run=run, plan=plan, prepared=prepared, gpus=1, weights=""),
        output=out,
        log=f"{out}.log",
    )
    return f"set -euo pipefail; {filled}"


def test_train_rule_survives_sigterm_and_logs_it_even_without_reader(prepared, tmp_path):
    out = tmp_path / "run"
    run = tiny_run(tiny_experiment(n_epochs=10_000))
    arguments = command(run, prepared, out)
    path = f"{Path(arguments[0]).parent}:{os.environ['PATH']}"
    options = {"env": environment("") | {"PATH": path, "PYTHONUNBUFFERED": ""}}  # buffered, which is Python's default
    history = tmp_path / "run.part/history.csv"

    shell = ["bash", "-c", shell_of_rule(run.key, arguments[arguments.index("--plan") + 1], str(prepared), str(out))]
    job = subprocess.Popen(shell, **options, stdout=subprocess.DEVNULL, start_new_session=True)
    wait_until(history.exists)
    os.killpg(job.pid, signal.SIGTERM)  # as SLURM signals
    assert job.wait(10) == SAVED
    [epochs, steps] = re.findall(
        r"stopped by SIGTERM; .* after epoch (\d+)(?: and (\d) steps?)?\n$",
        out.with_suffix(".log").read_text(),
    )[0]
    assert STEPS * int(epochs) + int(steps or 0) == saved_steps(out) > 0

    size = history.stat().st_size
    training = subprocess.Popen(arguments, **options, stderr=subprocess.PIPE)
    assert training.stderr.readline()
    training.stderr.close()
    wait_until(lambda: history.stat().st_size > size)
    before = saved_steps(out)
    training.terminate()
    assert training.wait(10) == SAVED
    assert saved_steps(out) > before
