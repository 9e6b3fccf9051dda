"""bf16-mixed trains as float32 does, not only in its first step; without bf16 instructions, too."""

import json
import subprocess

import numpy as np
import torch

from pixcycle.data.batches import to_tensor
from pixcycle.engine import ranks
from pixcycle.models import bf16
from pixcycle.scalars import Precision
from pixcycle.training.pix2pix import Pix2pix
from tests.conftest import tiny_experiment, tiny_images, tiny_run
from tests.training.commands import command, environment

AVX2_ONLY = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
"""Environment variables that hide a CPU's other vector instructions from PyTorch and oneDNN."""

SEEDS = range(4)
STEPS, LAST = 200, 50


def trained(precision: Precision, seed: int) -> tuple[float, float]:
    """The mean reconstruction term of the last steps, and L1 on all training images, of a seed's run.

    The task: 16 images are to be turned by a quarter and made negative.
    """
    images = tiny_images(0, 16, 32)
    a, b = (to_tensor(of_domain.copy()) for of_domain in (images, 255 - images.transpose(0, 2, 1, 3)))
    e = tiny_experiment(crop_size=32, filters=8, lr=5e-4, precision=precision)
    torch.manual_seed(seed)
    method = Pix2pix(e, ranks.fabric(e.precision), seed)
    rows = torch.Generator().manual_seed(seed)
    losses = []
    for _ in range(STEPS):
        shown = torch.randint(len(a), (e.batch_size,), generator=rows)
        losses.append(method.step(a[shown], b[shown])["g_reconstruction"].item())
    with torch.no_grad():
        l1 = (method.nets["g"](b) - a).abs().mean().item()
    return np.mean(losses[-LAST:]), l1


def test_training_in_bf16_ends_where_training_in_float32_does():
    """The means over four seeds lie nearer to each other than float32's own is known.

    That is its standard error: the standard deviation of the float32 seeds, divided by the root of their number. Both
    precisions start from the same weights and see the same batches, so that they differ by less than two sets of seeds.
    With weights and moments in bfloat16, too (`bf16-true`), they would not, nor with a learning rate of 2e-4.
    """
    full, low = (np.array([trained(p, seed) for seed in SEEDS]) for p in ("32-true", "bf16-mixed"))
    standard_error = full.std(axis=0, ddof=1) / len(SEEDS) ** 0.5
    assert (abs(low.mean(axis=0) - full.mean(axis=0)) < standard_error).all()
    assert (full != low).all()  # it was bfloat16


def test_bf16_training_on_a_cpu_with_avx2_only_says_how_it_computes(prepared, tmp_path):
    run = tiny_run(tiny_experiment(n_epochs=1, precision="bf16-mixed"))
    arguments, out = command(run, prepared, tmp_path / "run"), tmp_path / "run"
    trained = subprocess.run(
        arguments, env=environment("") | AVX2_ONLY, capture_output=True, text=True, check=True, timeout=300
    )
    assert f"on the CPU, 1 thread; {bf16.NOTE}\n" in trained.stderr
    assert json.loads((out / "run.json").read_text())["arithmetic"] == bf16.NOTE
