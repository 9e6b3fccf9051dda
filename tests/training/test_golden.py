"""The first losses of a fixed run, by recipe version: who changes the mathematics of a step is told to raise it."""

import pandas as pd
import pytest

from pixcycle.runs import RECIPE
from pixcycle.training import loop
from tests.conftest import tiny_experiment, tiny_run

GOLDEN = {
    1: {
        "pix2pix": {"g": 52.0443, "d": 0.69103},
        "cyclegan": {"g": 101.8632, "d_a": 0.69361, "d_b": 0.69581},
    }
}


@pytest.mark.parametrize("method", ["pix2pix", "cyclegan"])
def test_the_losses_are_those_of_this_recipe(method, prepared, tmp_path):
    loop.train(tiny_run(tiny_experiment(method)), prepared, tmp_path / "run")
    last = pd.read_csv(tmp_path / "run/history.csv").iloc[-1]
    golden = GOLDEN[RECIPE["train"]][method]
    told = "a step's mathematics changed: raise RECIPE['train'] in runs.py, and record the new losses here"
    assert {name: last[name] for name in golden} == pytest.approx(golden, rel=1e-3), told
