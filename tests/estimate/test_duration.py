"""Time limits of trainings."""

import subprocess
import sys

import pytest

from pixcycle.base.errors import UserError
from pixcycle.estimate.duration import flops_of_gpu, tflops_of_device, time_limit
from pixcycle.estimate.step_cost import image_flops
from tests.conftest import tiny_experiment


def test_time_limit_is_twice_flops_plus_ten_minutes_and_grows_with_attempt():
    hour = 3600 * 4 * 10**12
    assert time_limit(hour, tflops=4, attempt=1) == 10 + 2 * 60
    assert time_limit(hour, tflops=4, attempt=3) == 10 + 6 * 60
    assert time_limit(hour, tflops=8, attempt=1) == 10 + 60
    assert time_limit(0, tflops=4, attempt=1) == 10


@pytest.mark.parametrize(
    ("settings", "seen"),
    [
        ({"n_epochs": 3, "n_epochs_decay": 2, "batch_size": 4}, 5 * 8),  # the last 3 of 11 images fill no batch
        ({"n_epochs": 3, "batch_size": 4, "epoch_length": "smaller"}, 3 * 4),
        ({"n_epochs": 3, "batch_size": 4, "last_batch": "kept"}, 3 * 12),  # the smaller last batch counts as a full one
        ({"n_epochs": 3, "batch_size": 4, "epoch_length": "smaller", "last_batch": "kept_by_domain"}, 3 * 8),
        ({"n_epochs": 3, "batch_size": 20}, 3 * 11),
        ({"n_epochs": 0}, 0),
    ],
)
def test_flops_of_gpu_count_whole_batches_of_epoch_domain(settings, seen):
    e = tiny_experiment("cyclegan", **settings)
    assert flops_of_gpu(e, {"train": (7, 11), "test": (3, 3)}) == seen * image_flops(e)


def test_flops_of_gpu_are_shared_by_gpus():
    one, four = (flops_of_gpu(tiny_experiment(gpus=gpus), {"train": (8, 8), "test": (3, 3)}) for gpus in (1, 4))
    assert one == 4 * four


def test_flops_of_gpu_assume_3000_images_if_uncounted():
    e = tiny_experiment(batch_size=1, n_epochs=1)
    assert flops_of_gpu(e, None) == 3000 * image_flops(e)


def test_tflops_of_device_reads_environment(monkeypatch):
    monkeypatch.delenv("PIXCYCLE_TFLOPS", raising=False)
    assert tflops_of_device() == 4
    monkeypatch.setenv("PIXCYCLE_TFLOPS", "0.05")
    assert tflops_of_device() == 0.05


@pytest.mark.parametrize("wrong", ["0", "-1", "fast", "4,0", "nan", ""])
def test_tflops_of_device_refuses_invalid_environment(monkeypatch, wrong):
    monkeypatch.setenv("PIXCYCLE_TFLOPS", wrong)
    with pytest.raises(UserError, match=f"PIXCYCLE_TFLOPS: .*is '{wrong}'"):
        tflops_of_device()


def test_duration_is_imported_without_torch():
    program = "import sys, pixcycle.estimate.duration; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
