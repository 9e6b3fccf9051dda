"""Training in float16 with dynamic loss scaling, on a CPU, which the product itself does in bfloat16."""

import json

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins import MixedPrecision
from safetensors.numpy import load_file

from pixcycle.machine import ranks
from pixcycle.machine.fabric import loss_scaler
from pixcycle.methods.pix2pix import Pix2pix
from pixcycle.models import bf16
from pixcycle.training import checkpoint
from tests.conftest import tiny_experiment, tiny_run
from tests.support.training import train

RESNET = {"generator": "resnet6", "norm": "instance", "dropout": False, "layers": "kth", "initial_weights": "wide"}
FLOAT16 = {"precision": "16-mixed", "adam": "keras"}
TOO_LARGE, GROWTH = 2.0**26, 4
"""First loss scale, at which gradients overflow, and the number of good steps after which it doubles."""


class Killed(Exception):
    pass


def float16_on_cpu(precision=""):
    scaler = torch.amp.GradScaler("cpu", init_scale=TOO_LARGE, growth_interval=GROWTH)
    return Fabric(accelerator="cpu", devices=1, plugins=MixedPrecision("16-mixed", "cpu", scaler=scaler))


@pytest.fixture
def in_float16(monkeypatch):
    """Train in float16, with bfloat16 instructions or not."""
    monkeypatch.setattr(bf16, "CPU_HAS_INSTRUCTIONS", True)
    monkeypatch.setattr(ranks, "fabric", float16_on_cpu)


def batch(seed):
    return torch.rand(2, 4, 3, 16, 16, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def parameters(network):
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def test_loss_scale_skips_steps_that_overflow_and_then_grows(in_float16):
    fabric = float16_on_cpu()
    nets = (method := Pix2pix(tiny_experiment(**FLOAT16), fabric, 0)).nets
    scaler, factors, moved = loss_scaler(fabric), [], []
    for step in range(20):
        before, scale = {name: parameters(nets[name]) for name in "gd"}, scaler.get_scale()
        method.step(*batch(step))
        moved.append([name for name in "gd" if not torch.equal(parameters(nets[name]), before[name])])
        factors.append(scaler.get_scale() / scale)
        assert all(parameters(nets[name]).isfinite().all() for name in "gd")
    assert factors[0] < 1 and "g" not in moved[0]
    assert 2 in factors
    assert ["g", "d"] in moved


@pytest.mark.parametrize("method", ["pix2pix", "cyclegan"])
def test_interrupted_run_in_float16_equals_undisturbed_run(method, prepared, tmp_path, in_float16, monkeypatch):
    run = tiny_run(tiny_experiment(method, n_epochs=2, **RESNET, **FLOAT16))
    train(run, prepared, tmp_path / "undisturbed")
    save = checkpoint.save

    def save_and_die(work, method, done):
        save(work, method, done)
        if (done.epoch, done.step) == (1, 1):
            raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(checkpoint, "SECONDS_BETWEEN", 0)
        patched.setattr(checkpoint, "save", save_and_die)
        train(run, prepared, tmp_path / "run")
    state = torch.load(tmp_path / "run.part/state/last.pt", weights_only=True)
    assert 0 < state["nets"]["scaler"]["scale"] < TOO_LARGE
    train(run, prepared, tmp_path / "run")
    one, other = (load_file(tmp_path / name / "final.safetensors") for name in ("undisturbed", "run"))
    assert all(np.array_equal(one[key], other[key]) for key in one)
    histories = [(tmp_path / name / "history.csv").read_text() for name in ("undisturbed", "run")]
    assert histories[0] == histories[1]


def test_training_in_float16_without_a_gpu_is_bf16_and_says_so(prepared, tmp_path, capsys):
    for precision in ("16-mixed", "bf16-mixed"):
        train(tiny_run(tiny_experiment(n_epochs=1, precision=precision)), prepared, tmp_path / precision)
        said, record = capsys.readouterr().err, json.loads((tmp_path / precision / "run.json").read_text())
        assert record["precision"] == precision
        assert (bf16.IN_PLACE_OF_FP16 in said) == (bf16.IN_PLACE_OF_FP16 in record["arithmetic"])
        assert (bf16.IN_PLACE_OF_FP16 in said) == (precision == "16-mixed")
    one, other = (load_file(tmp_path / name / "final.safetensors") for name in ("16-mixed", "bf16-mixed"))
    assert all(np.array_equal(one[key], other[key]) for key in one)
