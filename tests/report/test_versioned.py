import csv
import json
from math import inf

import pandas as pd
import pytest

from pixcycle.methods.cyclegan import CycleGAN
from pixcycle.methods.pix2pix import Pix2pix
from pixcycle.report.versioned import losses, write_versioned
from tests.support.results import Results


def history(**columns) -> pd.DataFrame:
    """Return a history of two epochs with two logged steps each."""
    return pd.DataFrame({"epoch": [0, 0, 1, 1], "step": [0, 5, 10, 15], **columns})


def test_losses_are_means_over_steps_of_epochs_counted_from_1():
    means = losses(
        [history(g=[9, 9, 9, 9], g_gan=[1, 2, 4, 8], g_reconstruction=[1, 0, 3, 4], d=[0.5, 0.25, 0, 2])],
        Pix2pix.losses,
    )
    assert means.index.name == "epoch"
    assert means.to_dict("index") == {
        1: {"reconstruction": 0.5, "generator": 1.5, "discriminator": 0.375},
        2: {"reconstruction": 3.5, "generator": 6, "discriminator": 1},
    }


def test_losses_weight_cyclegan_directions_and_seeds_equally():
    one = history(cycle_a=[1] * 4, cycle_b=[3] * 4, g_ab_gan=[2] * 4, d_b=[5] * 4)
    other = history(cycle_a=[5] * 4, cycle_b=[7] * 4, g_ab_gan=[4] * 4, d_b=[6] * 4)
    assert losses([one, other], CycleGAN.losses).to_dict("index")[1] == {
        "reconstruction": 4,
        "generator": 3,
        "discriminator": 5.5,
    }


@pytest.mark.parametrize("broken", [inf, float("nan")])
def test_losses_are_nan_in_epochs_with_non_finite_values(broken):
    means = losses([history(g_gan=[1, 1, 1, broken], g_reconstruction=[1, 1, 1, 1], d=[1, 1, 1, 1])], Pix2pix.losses)
    assert means["generator"].isna().tolist() == [False, True]
    assert means["reconstruction"].tolist() == [1, 1]


def test_write_versioned_writes_metrics_and_losses_per_experiment(tmp_path):
    results = Results(
        tmp_path,
        ["ucsd-facades-l1", "ucsd-facades-untrained"],
        lambda run: {"fid": 100.0 + 50 * run.seed},
        seeds=(0, 1),
    )
    for seed in (0, 1):
        run = results.plan.runs[f"ucsd-facades-untrained/{seed}"]
        results.record(run.key, steps=0, epochs=0)
        (results.root / run.folder / "history.csv").unlink()
    reports = tmp_path / "reports/small"
    (reports / "metrics/ucsd").mkdir(parents=True)
    (reports / "metrics/ucsd/renamed.json").write_text("{}")
    write_versioned(results.values("ucsd"), reports)
    assert {str(path.relative_to(reports)) for path in reports.rglob("*") if path.is_file()} == {
        "metrics/ucsd/facades-l1.json",
        "metrics/ucsd/facades-untrained.json",
        "losses/ucsd/facades-l1.csv",
    }
    metrics = json.loads((reports / "metrics/ucsd/facades-l1.json").read_text())
    means = {"fid": 125.0, "kid": 0.1, "precision": 0.5, "recall": 0.25, "l1": 0.2}
    assert metrics == means | {"n": 9, "k": 3, "extractor": "efficientnet-lite0"}
    with (reports / "losses/ucsd/facades-l1.csv").open() as file:
        first = next(csv.DictReader(file))
    assert first == {"epoch": "1", "reconstruction": "1", "generator": "0.7", "discriminator": "0.6"}
