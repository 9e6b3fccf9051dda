"""Compiled networks compute the same as uncompiled ones, under the same names."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from pixcycle.training import checkpoint
from tests.conftest import tiny_experiment, tiny_run
from tests.support.lacking import not_installed
from tests.support.training import train as train_run


class Killed(Exception):
    pass


def train(prepared, out, compile="none"):
    """Train a U-Net with dropout and a discriminator, which is also used frozen, for two epochs."""
    e = tiny_experiment(patch=1, filters=2, crop_size=8, n_epochs=2, compile=compile)
    train_run(tiny_run(e), prepared, out)


@pytest.mark.skipif(not shutil.which("g++"), reason=not_installed("g++", "g++"))
def test_run_resumed_with_compile_equals_uncompiled_run(prepared, tmp_path, monkeypatch):
    from torch._dynamo.utils import counters

    save = checkpoint.save

    def save_and_die(work, method, done):
        save(work, method, done)
        if done.epoch:
            raise Killed

    train(prepared, tmp_path / "uncompiled")
    with monkeypatch.context() as interrupted:
        interrupted.setattr(checkpoint, "SECONDS_BETWEEN", 0)
        interrupted.setattr(checkpoint, "save", save_and_die)
        with pytest.raises(Killed):
            train(prepared, tmp_path / "compiled")
    counters.clear()
    train(prepared, tmp_path / "compiled", compile="reduce-overhead")
    assert counters["stats"]["unique_graphs"] == 3  # G; D in training, and D frozen
    assert not counters["graph_break"]

    losses, expected = (pd.read_csv(tmp_path / name / "history.csv") for name in ("compiled", "uncompiled"))
    np.testing.assert_allclose(losses, expected, rtol=1e-4)
    weights, expected = (load_file(tmp_path / name / "final.safetensors") for name in ("compiled", "uncompiled"))
    assert weights.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(weights[name], value, atol=2e-4, err_msg=name)


ACTIVATED = """
import torch
from pixcycle.methods.networks import _compile

activation, x = torch.nn.LeakyReLU(0.2), torch.linspace(-1, 1, 200)
expected = activation(x)
_compile(activation, graphs=False)
assert torch.equal(activation(x), expected)
"""


@pytest.mark.skipif(not shutil.which("g++"), reason=not_installed("g++", "g++"))
def test_compile_ignores_cached_code_of_another_cpu(tmp_path):
    for environment in ({}, {"ATEN_CPU_CAPABILITY": "avx2"}):
        environment = os.environ | environment | {"TORCHINDUCTOR_CACHE_DIR": str(tmp_path)}
        subprocess.run([sys.executable, "-c", ACTIVATED], env=environment, check=True, timeout=300)
