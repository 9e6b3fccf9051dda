"""The first losses of a fixed run, by recipe version: who changes the mathematics of a step is told to raise it."""

import pandas as pd
import pytest

from pixcycle.runs import RECIPE
from pixcycle.training import loop
from tests.conftest import tiny_experiment, tiny_run

GOLDEN = {
    2: {
        "pix2pix": {"g": 51.9727, "d": 0.69093},
        "cyclegan": {"g": 101.9451, "d_a": 0.69433, "d_b": 0.69641},
        "as in report 001": {"g": 103.2366, "cycle_a": 0.51782, "d_a": 0.46586},
        "as in report 003": {"g": 148.5195, "identity_b": 0.47545, "d_b": 0.36181},
    }
}
RESNET = {"generator": "resnet6", "norm": "instance", "dropout": False, "gan_mode": "lsgan", "conditional": False}
SETTINGS = {
    "pix2pix": {"method": "pix2pix"},
    "cyclegan": {"method": "cyclegan"},
    "as in report 001": RESNET | {"method": "cyclegan", "discriminators": 1, "lr_discriminator": 1e-6},
    "as in report 003": RESNET
    | {"method": "cyclegan", "lambda_identity": 0.5, "pool_size": 5, "batch_size": 1, "upsampling": "resize"},
}


@pytest.mark.parametrize("method", SETTINGS)
def test_the_losses_are_those_of_this_recipe(method, prepared, tmp_path):
    loop.train(tiny_run(tiny_experiment(**SETTINGS[method])), prepared, tmp_path / "run")
    last = pd.read_csv(tmp_path / "run/history.csv").iloc[-1]
    golden = GOLDEN[RECIPE["train"]][method]
    told = "a step's mathematics changed: raise RECIPE['train'] in runs.py, and record the new losses here"
    assert {name: last[name] for name in golden} == pytest.approx(golden, rel=1e-3), told
