"""Compiled networks do what they do uncompiled, under the same names."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from pixcycle.training import checkpoint, loop
from tests.conftest import tiny_experiment, tiny_run
from tests.lacking import not_installed


class Killed(Exception):
    pass


def train(prepared, out, compile="none"):
    """Two epochs with dropout, of a U-Net and of a discriminator that is also looked through."""
    e = tiny_experiment(patch=1, filters=2, crop_size=8, n_epochs=2, compile=compile)
    loop.train(tiny_run(e), prepared, out)


@pytest.mark.skipif(not shutil.which("g++"), reason=not_installed("g++", "g++"))
def test_a_run_that_goes_on_compiled_ends_like_one_that_never_was(prepared, tmp_path, monkeypatch):
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
    assert counters["stats"]["unique_graphs"] == 3  # G; D as it is trained, and as it is looked through
    assert not counters["graph_break"]

    losses, expected = (pd.read_csv(tmp_path / name / "history.csv") for name in ("compiled", "uncompiled"))
    np.testing.assert_allclose(losses, expected, rtol=1e-4)
    weights, expected = (load_file(tmp_path / name / "final.safetensors") for name in ("compiled", "uncompiled"))
    assert weights.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(weights[name], value, atol=2e-4, err_msg=name)


ACTIVATED = """
import torch
from pixcycle.training.networks import _compile

activation, x = torch.nn.LeakyReLU(0.2), torch.linspace(-1, 1, 200)
expected = activation(x)
_compile(activation, graphs=False)
assert torch.equal(activation(x), expected)
"""


@pytest.mark.skipif(not shutil.which("g++"), reason=not_installed("g++", "g++"))
def test_what_another_cpu_has_left_in_torch_s_cache_is_not_taken(tmp_path):
    for environment in ({}, {"ATEN_CPU_CAPABILITY": "avx2"}):
        environment = os.environ | environment | {"TORCHINDUCTOR_CACHE_DIR": str(tmp_path)}
        subprocess.run([sys.executable, "-c", ACTIVATED], env=environment, check=True, timeout=300)
