"""Training in bf16-mixed ends like training in float32, with and without bf16 instructions."""

import json
import subprocess

import numpy as np
import torch

from pixcycle.data.batches import to_tensor
from pixcycle.machine import ranks
from pixcycle.methods.pix2pix import Pix2pix
from pixcycle.models import bf16
from pixcycle.params.fields import Precision
from tests.conftest import tiny_experiment, tiny_images, tiny_run
from tests.support.commands import command, environment

AVX2_ONLY = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
"""Environment variables that hide a CPU's other vector instructions from PyTorch and oneDNN."""

SEEDS = range(4)
STEPS, LAST = 200, 50


def trained(precision: Precision, seed: int) -> tuple[float, float]:
    """Return the mean reconstruction term of the last steps, and L1 on all training images, for one seed.

    The task is to transpose 16 images and to invert their colours.
    """
    images = tiny_images(0, 16, 32)
    a, b = (to_tensor(domain.copy()) for domain in (images, 255 - images.transpose(0, 2, 1, 3)))
    e = tiny_experiment(crop_size=32, filters=8, lr=5e-4, precision=precision)
    torch.manual_seed(seed)
    method = Pix2pix(e, ranks.fabric(e.precision), seed)
    rows = torch.Generator().manual_seed(seed)
    losses = []
    for _ in range(STEPS):
        chosen = torch.randint(len(a), (e.batch_size,), generator=rows)
        losses.append(method.step(a[chosen], b[chosen])["g_reconstruction"].item())
    with torch.no_grad():
        l1 = (method.nets["g"](b) - a).abs().mean().item()
    return np.mean(losses[-LAST:]), l1


def test_training_in_bf16_converges_to_the_losses_of_float32():
    """The means over four seeds differ by less than the standard error of the float32 mean.

    The standard error is the standard deviation over the float32 seeds, divided by the square root of their number.
    Both precisions start from the same weights and see the same batches, so that they differ by less than two sets of
    seeds would. With weights and moments in bfloat16, too (`bf16-true`), or with a learning rate of 2e-4, the test
    would fail.
    """
    full, low = (np.array([trained(p, seed) for seed in SEEDS]) for p in ("32-true", "bf16-mixed"))
    standard_error = full.std(axis=0, ddof=1) / len(SEEDS) ** 0.5
    assert (abs(low.mean(axis=0) - full.mean(axis=0)) < standard_error).all()
    assert (full != low).all()  # bfloat16 was used


def test_training_in_bf16_with_avx2_only_reports_its_arithmetic(prepared, tmp_path):
    run = tiny_run(tiny_experiment(n_epochs=1, precision="bf16-mixed"))
    arguments, out = command(run, prepared, tmp_path / "run"), tmp_path / "run"
    process = subprocess.run(
        arguments, env=environment("") | AVX2_ONLY, capture_output=True, text=True, check=True, timeout=300
    )
    assert f"on the CPU, 1 thread; {bf16.NOTE}\n" in process.stderr
    assert json.loads((out / "run.json").read_text())["arithmetic"] == bf16.NOTE
