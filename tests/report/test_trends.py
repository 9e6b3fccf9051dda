"""Falling losses, on curves whose course is known."""

import numpy as np
import pandas as pd
import pytest

from pixcycle.report.trends import early_drop, fall, no_pattern, trend
from pixcycle.report.verdicts import judge_limits

EPOCHS, ROWS = 60, 4


def history(level, noise=0.0, seed=0, epochs=EPOCHS):
    """Return a loss of level(epoch), with independent noise in each of ROWS rows an epoch."""
    epoch = np.arange(epochs * ROWS) // ROWS
    loss = [level(e) for e in epoch] + noise * np.random.default_rng(seed).normal(size=len(epoch))
    return pd.DataFrame({"epoch": epoch, "step": np.arange(len(epoch)), "loss": loss})


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (lambda e: 1 - e / EPOCHS, True),
        (lambda e: 1 if e == 0 else 0.5, True),  # drops in the first epoch, and stays
        (lambda e: 0.5 + 0.5 * np.exp(-e), True),
        (lambda e: 0.5, False),
        (lambda e: 0.5 + e / EPOCHS, False),
        (lambda e: 1 if e == 0 or e > 50 else 0.5, False),  # drops, but returns
        (lambda e: 1 if e == 30 else 0.5, False),
    ],
)
def test_fall_is_a_trend_or_an_early_drop_that_stays(level, expected):
    for noise in (0.0, 0.01):
        order = judge_limits([fall(history(level, noise), "loss")])
        assert order == ("better" if expected else "worse")


def test_early_drop_is_a_fall_and_a_pattern_where_the_trend_sees_none():
    dropped = history(lambda e: 1 if e == 0 else 0.5, noise=0.05)
    assert abs(trend(dropped, "loss")) < 0.5
    assert judge_limits([fall(dropped, "loss")]) == "better"
    assert judge_limits([no_pattern(dropped, "loss")]) == "worse"


@pytest.mark.parametrize(
    ("level", "order"),
    [
        (lambda e: 0.5, "better"),
        (lambda e: 0.5 + e / EPOCHS, "worse"),
        (lambda e: 1 - e / EPOCHS, "worse"),
        (lambda e: 1 if e == 30 else 0.5, "better"),
    ],
)
def test_no_pattern_is_neither_a_fall_nor_a_rise(level, order):
    assert judge_limits([no_pattern(history(level, 0.01), "loss")]) == order


@pytest.mark.parametrize("epochs", [8, 12, 60])
def test_fall_takes_noise_for_a_fall_in_at_most_2_of_100(epochs):
    trials = 500
    falls = [fall(history(lambda e: 1.0, 0.1, seed, epochs), "loss") for seed in range(trials)]
    assert sum(judge_limits([condition]) == "better" for condition in falls) <= 0.02 * trials


def test_early_drop_says_nothing_of_few_epochs():
    assert early_drop(history(lambda e: 1 if e == 0 else 0.5, epochs=5), "loss") is None
    assert early_drop(history(lambda e: 1 if e == 0 else 0.5, epochs=6), "loss") == (0.125, 0.0)
