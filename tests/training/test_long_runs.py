"""The resources that a training uses do not grow with its steps."""

from pathlib import Path

import numpy as np
import psutil
import pytest

from pixcycle.methods.registry import METHODS
from pixcycle.plan.runs import Run
from tests.conftest import tiny_experiment, tiny_run
from tests.support.processes import PROCESSES
from tests.support.training import train

STEPS, WARM_UP = 12 * 167, 500
MOST_BYTES_A_STEP = 500
"""Limit on memory growth: several times the measured growth, and half of a leak of 1 kB per step."""
SETTINGS = {
    "pix2pix": {"method": "pix2pix"},
    "cyclegan": {"method": "cyclegan", "lambda_identity": 0.5},
}


def train_and_note(run: Run, prepared: Path, out: Path) -> None:
    """Train, and write to `OUT.npy` after each step: bytes of memory, open files, threads, child processes."""
    import torch

    from pixcycle.training import checkpoint

    torch.set_num_threads(1)
    checkpoint.SECONDS_BETWEEN = 0.5
    method, this = METHODS[run.config.method], psutil.Process()
    step, usage, steps = method.step, np.zeros((STEPS, 4), np.int64), 0

    def measured_step(*args):
        nonlocal steps
        losses = step(*args)
        children = len(this.children()) if steps % 100 == 0 else usage[steps - 1, 3]
        usage[steps] = this.memory_info().rss, this.num_fds(), this.num_threads(), children
        steps += 1
        return losses

    method.step = measured_step
    train(run, prepared, out)
    np.save(f"{out}.npy", usage)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_train_for_2000_steps_takes_no_more_resources_than_for_500(settings, prepared, tmp_path):
    """The run saves a state twice a second and samples every ten epochs, with a pool and both schedules."""
    sizes = {"crop_size": 8, "patch": 1, "batch_size": 1, "pool_size": 5, "n_epochs": 100, "n_epochs_decay": 67}
    e = tiny_experiment(**settings, **sizes, sample_epochs=list(range(10, 168, 10)))
    training = PROCESSES.Process(target=train_and_note, args=(tiny_run(e), prepared, tmp_path / "run"))
    training.start()
    training.join(400)
    training.kill()
    training.join()
    assert training.exitcode == 0
    memory, *others = np.load(tmp_path / "run.npy")[WARM_UP:].T
    growth, _ = np.polyfit(np.arange(len(memory)), memory, 1)
    assert growth < MOST_BYTES_A_STEP
    assert [len(set(counts)) for counts in others] == [1, 1, 1]
