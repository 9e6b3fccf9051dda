import json

import numpy as np
import pandas as pd

from pixcycle.methods.pix2pix import Pix2pix
from pixcycle.training import collapse
from tests.conftest import tiny_experiment, tiny_run
from tests.support.training import train


def history(epochs, **losses):
    """Return a history with two logged steps per epoch; each loss is a function of the epoch."""
    rows = [
        {"epoch": e, "step": 2 * e + i} | {k: f(e) for k, f in losses.items()} for e in range(epochs) for i in (0, 1)
    ]
    return pd.DataFrame(rows)


def test_discriminators_at_zero_names_discriminator_and_duration():
    losses = history(100, d_a=lambda e: 0.25, d_b=lambda e: 0.25 if e < 95 else 0.001)
    phrase = collapse.discriminators_at_zero(losses, ["d_a", "d_b"])
    assert phrase == "the loss of d_b stayed below 0.01 in the last 5 epochs"


def test_discriminators_at_zero_ignores_a_discriminator_that_recovers():
    assert not collapse.discriminators_at_zero(history(100, d=lambda e: 0.001 if e < 99 else 0.25), ["d"])


def test_discriminators_at_zero_needs_more_than_one_epoch():
    assert not collapse.discriminators_at_zero(history(1, d=lambda e: 0.0), ["d"])


def test_constant_output_names_directions_with_one_image_for_all():
    image = np.random.default_rng(0).integers(0, 256, (1, 8, 8, 3), dtype=np.uint8)
    different = np.random.default_rng(1).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    phrase = collapse.constant_output({"a_to_b": image.repeat(4, axis=0), "b_to_a": different})
    assert phrase == "a_to_b: every input gives the same image"


def test_train_to_the_end_and_record_collapse_if_discriminator_wins(prepared, tmp_path, monkeypatch):
    step = Pix2pix.step
    monkeypatch.setattr(Pix2pix, "step", lambda *a: step(*a) | {"d": step(*a)["d"] * 0})
    train(tiny_run(tiny_experiment()), prepared, tmp_path / "run")
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert (record["status"], record["epochs"]) == ("collapsed", 3)
    assert "the loss of d stayed below 0.01" in record["collapse"]
