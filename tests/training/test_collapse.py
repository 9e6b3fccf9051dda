import json

import numpy as np
import pandas as pd

from pixcycle.training import collapse, loop
from tests.conftest import tiny_experiment, tiny_run


def history(epochs, **losses):
    """Two logged steps an epoch; a loss is a function of the epoch."""
    rows = [
        {"epoch": e, "step": 2 * e + i} | {k: f(e) for k, f in losses.items()} for e in range(epochs) for i in (0, 1)
    ]
    return pd.DataFrame(rows)


def test_a_discriminator_that_is_always_right_is_named_with_how_long():
    told = collapse.discriminators_at_zero(history(100, d_a=lambda e: 0.25, d_b=lambda e: 0.25 if e < 95 else 0.001))
    assert told == "the loss of d_b stayed below 0.01 in the last 5 epochs"


def test_a_discriminator_that_recovers_has_not_collapsed():
    assert not collapse.discriminators_at_zero(history(100, d=lambda e: 0.001 if e < 99 else 0.25))


def test_a_single_epoch_is_too_little_to_tell():
    assert not collapse.discriminators_at_zero(history(1, d=lambda e: 0.0))


def test_one_image_for_every_input_is_a_collapse():
    image = np.random.default_rng(0).integers(0, 256, (1, 8, 8, 3), dtype=np.uint8)
    different = np.random.default_rng(1).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    told = collapse.constant_output({"a_to_b": image.repeat(4, axis=0), "b_to_a": different})
    assert told == "a_to_b answers every input with one image"


def test_a_run_whose_discriminator_wins_is_recorded_as_collapsed_and_trained_to_its_end(
    prepared, tmp_path, monkeypatch
):
    step = loop.Pix2pix.step
    monkeypatch.setattr(loop.Pix2pix, "step", lambda *a: step(*a) | {"d": step(*a)["d"] * 0})
    loop.train(tiny_run(tiny_experiment()), prepared, tmp_path / "run")
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert (record["status"], record["epochs"]) == ("collapsed", 3)
    assert "the loss of d stayed below 0.01" in record["collapse"]
