"""A training with a million logged steps is read, judged and drawn in seconds, without losing a peak."""

import re
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from pixcycle.records.history import read_history
from pixcycle.report.build import build
from pixcycle.report.drawing import curves
from pixcycle.training.collapse import discriminators_at_zero
from tests.support.results import Results

ROWS, EPOCHS, STEPS = 1_000_000, 200, 25_000
L1 = "ucsd-facades-l1"
SPIKES = {123_456: 77.0, 999_998: 55.0}
"""Row of the history -> its total loss; all others are below 2."""


class Built(NamedTuple):
    """A report, its time and memory, and the points of each line that was drawn for it."""

    results: Results
    seconds: float
    megabytes: float
    lines: list[tuple[np.ndarray, np.ndarray]]


def write_million(path) -> None:
    """Write losses around 1 with the spikes, and a discriminator loss that ends at zero."""
    noise = [f"{loss:.7g}" for loss in np.random.default_rng(0).uniform(0.5, 1.5, 997)]
    with path.open("w") as file:
        file.write("epoch,step,g,g_gan,g_reconstruction,d\n")
        for row in range(ROWS):
            g, gan, l1, d = SPIKES.get(row, noise[row % 997]), noise[row % 991], noise[row % 983], noise[row % 977]
            file.write(f"{row // 5000},{row * 5},{g},{gan},{l1},{d if row < 0.9 * ROWS else 0.001}\n")


def megabytes(field: str) -> float:
    """Return a field of this process's status, in megabytes."""
    return int(re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) / 1000


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Built:
    results, lines = Results(tmp_path_factory.mktemp("long"), [L1]), []
    (run,) = results.plan.runs.values()
    write_million(results.root / run.folder / "history.csv")
    results.record(run.key, steps_per_epoch=STEPS, epochs=EPOCHS)
    plot = Axes.plot
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Axes, "plot", lambda self, x, y, **look: lines.append((x, y)) or plot(self, x, y, **look))
        Path("/proc/self/clear_refs").write_text("5")  # resets the peak of memory
        before, began = megabytes("VmHWM"), time.process_time()
        build(results.plan, "ucsd", results.root, results.root / "reports/small/ucsd", "0" * 8)
        seconds = time.process_time() - began
    return Built(results, seconds, megabytes("VmHWM") - before, lines)


@pytest.fixture
def history(built) -> pd.DataFrame:
    (run,) = built.results.plan.runs.values()
    return read_history(built.results.root / run.folder)


def test_build_draws_a_million_steps_in_seconds_with_every_peak(built):
    assert built.seconds < 20
    assert built.megabytes < 1000
    assert len(built.lines) == 2 * 4
    assert all(len(x) <= 2 * curves.PIXELS + 2 for x, _ in built.lines)
    assert peaks(built.lines[0]) == SPIKES
    out = built.results.root / "reports/small/ucsd"
    assert (out / "figures/ucsd-figure-2.svg").stat().st_size < 500_000
    page = (out / "report.html").read_text()
    assert len(page) < 3_000_000
    assert f"A light line of more than {2 * curves.PIXELS} points is drawn through the least and the greatest" in page


def test_versioned_losses_of_a_million_steps_are_one_row_per_epoch(built, history):
    compared = pd.read_csv(built.results.root / "reports/small/losses/ucsd/facades-l1.csv")
    assert compared["epoch"].tolist() == list(range(1, EPOCHS + 1))
    expected = history["g_reconstruction"].to_numpy().reshape(EPOCHS, -1).mean(axis=1)
    assert compared["reconstruction"].to_numpy() == pytest.approx(expected, rel=1e-5)


def test_discriminators_at_zero_finds_one_among_a_million_steps(history):
    assert discriminators_at_zero(history, ["d"]) == "the loss of d stayed below 0.01 in the last 10 epochs"


@pytest.mark.parametrize("draw", [curves.loss_curves, curves.compared_curves, curves.smoothed_curves])
def test_curves_keep_every_peak_and_gap_of_a_million_steps(history, draw):
    history.loc[500_000:600_000, "d"] = np.nan
    arguments = {
        curves.loss_curves: (history, {"g": "G", "d": "D"}, STEPS),
        curves.compared_curves: ({"a": history}, {"g": "G", "d": "D"}, {"a": STEPS}),
        curves.smoothed_curves: (history, {"G": {"g": "g"}, "D": {"d": "d"}}, STEPS),
    }
    figure = draw(*arguments[draw])
    lines = [line.get_data() for panel in figure.axes for line in panel.get_lines()]
    assert all(len(x) <= 2 * curves.PIXELS + 2 for x, _ in lines)
    generator, discriminator = (panel.get_lines()[0].get_data() for panel in figure.axes)
    assert peaks(generator) == SPIKES
    x, y = discriminator
    lost = (x > 100.3) & (x < 119.7)
    assert lost.any() and np.isnan(y[lost]).all() and np.isfinite(y[~lost]).sum() > curves.PIXELS


def peaks(line: tuple[np.ndarray, np.ndarray]) -> dict[int, float]:
    """Map rows of the history to values, for the points that stand out."""
    return {round(x * STEPS / 5): y for x, y in zip(*line, strict=True) if y > 50}


def test_note_of_curves_mentions_omitted_points_only_for_long_histories(history):
    short = history.iloc[: 2 * curves.STRIPES]
    assert curves.loss_curves(short, {"g": "G"}, STEPS).note == ""
    both = curves.compared_curves({"a": short, "b": history}, {"g": "G"}, {"a": STEPS, "b": STEPS})
    assert both.note.startswith("A light line of more than")
