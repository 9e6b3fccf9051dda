"""What a training takes of its machine does not grow with its steps."""

from pathlib import Path

import numpy as np
import psutil
import pytest

from pixcycle.runs import Run
from tests.conftest import tiny_experiment, tiny_run
from tests.processes import PROCESSES

STEPS, WARM_UP = 12 * 167, 500
MOST_BYTES_A_STEP = 500
"""Of growth: several times what was measured, half of what a forgotten kilobyte a step would make."""
METHODS = {
    "pix2pix": {"method": "pix2pix"},
    "cyclegan": {"method": "cyclegan", "lambda_identity": 0.5},
}


def train_and_note(run: Run, prepared: Path, out: Path) -> None:
    """Train, and note after each step in `OUT.npy`: bytes of memory, open files, threads, processes."""
    import torch

    from pixcycle.training import checkpoint, loop

    torch.set_num_threads(1)
    checkpoint.SECONDS_BETWEEN = 0.5
    method, this = loop.METHODS[run.config.method], psutil.Process()
    step, notes, taken = method.step, np.zeros((STEPS, 4), np.int64), 0

    def noted(*given):
        nonlocal taken
        losses = step(*given)
        family = len(this.children()) if taken % 100 == 0 else notes[taken - 1, 3]
        notes[taken] = this.memory_info().rss, this.num_fds(), this.num_threads(), family
        taken += 1
        return losses

    method.step = noted
    loop.train(run, prepared, out)
    np.save(f"{out}.npy", notes)


@pytest.mark.parametrize("settings", METHODS.values(), ids=METHODS)
def test_2000_steps_take_no_more_memory_files_threads_or_processes_than_500(settings, prepared, tmp_path):
    """With a state twice a second, samples after each tenth epoch, a pool and both schedules."""
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
