"""Tests of claims b, d and e of report 001, on invented losses with known verdicts."""

import pytest

from pixcycle.report.chapters.wustl.rates import RATES
from tests.report.chapters.wustl.invented import (
    EQUAL,
    GOOD,
    LOST,
    NORMAL,
    claim,
    curves_of,
    finished,
    of_rates,
    steady,
    trained,
)

# Claim b: learning rates


@pytest.mark.parametrize(
    ("equal_d", "normal_d", "g", "verdict"),
    [
        ((0.5, 0), (0.5, 0.25), (0.7, 1.0), "does not hold"),  # at zero in the last epoch only: 0.023 on average
        ((0.005, 0.001), (0.5, 0.25), (0.7, 1.0), "holds"),
        ((0.005, 0.001), (0.5, 0.25), (1.0, 1.0), "holds"),
        ((0.005, 0.001), (0.5, 0.25), (1.0, 0.98), "not distinguishable"),  # a rerun may fall by a tenth
        ((0.005, 0.001), (0.5, 0.25), (1.0, 0.5), "does not hold"),  # G still learns
        ((0.5, 0.1), (0.5, 0.25), (0.7, 1.0), "does not hold"),
        ((0.005, 0.001), (0.005, 0.001), (0.7, 1.0), "does not hold"),  # the same with normal rates
    ],
)
def test_wustl_claim_b_requires_d_at_zero_with_equal_rates_only(tmp_path, equal_d, normal_d, g, verdict):
    results = of_rates(tmp_path)
    trained(results, EQUAL, d_b=equal_d, g_ab_gan=g)
    trained(results, NORMAL, d_b=normal_d)
    judged = claim(results, "b")
    assert judged.verdict == verdict
    assert ("It is too close to call." in judged.evidence) == (verdict == "not distinguishable")


def test_wustl_claim_b_needs_both_tasks(tmp_path):
    results = of_rates(tmp_path)
    trained(results, EQUAL, d_b=LOST, g_ab_gan=(0.7, 1.0))
    assert claim(results, "b").verdict == "holds"
    assert "Label to photo, seed 0" in claim(results, "b").evidence
    trained(results, RATES[0][1], d_a=GOOD)
    assert claim(results, "b").verdict == "does not hold"
    alone = finished(tmp_path / "alone", RATES[1])
    trained(alone, EQUAL, d_b=LOST, g_ab_gan=(0.7, 1.0))
    assert claim(alone, "b").verdict == "not run"
    assert "Not run: wustl-facades-label2photo, wustl-facades-label2photo-lr." in claim(alone, "b").evidence


def test_wustl_claim_b_evidence_averages_first_and_last_two_epochs(tmp_path):
    results = finished(tmp_path, [NORMAL, EQUAL])
    trained(results, EQUAL, d_b=(0.44, 0), g_ab_gan=(0.0, 1.1))
    trained(results, NORMAL, d_b=(0.4, 0.4))
    sentence = (
        "12 epochs: D's loss ends at 0.020, not at zero (with normal rates at 0.400). G's GAN loss goes from 0.05 to "
        "1.05: it no longer learns."
    )
    assert sentence in claim(results, "b").evidence


def test_wustl_claim_b_is_undecided_if_seeds_disagree(tmp_path):
    results = of_rates(tmp_path, seeds=(0, 1))
    trained(results, EQUAL, seed=1, d_b=(0.001, 0.001), g_ab_gan=(1.0, 1.0))
    assert claim(results, "b").verdict == "not distinguishable"
    trained(results, EQUAL, seed=0, d_b=(0.001, 0.001), g_ab_gan=(1.0, 1.0))
    assert claim(results, "b").verdict == "holds"


# Claims d and e: the curves of Figure 7


@pytest.mark.parametrize(
    ("d", "g", "verdict"),
    [
        (0.25, steady, "holds"),
        (0.22, steady, "holds"),
        (0.15, steady, "does not hold"),  # D is better than undecided
        (0.25, lambda e: 1.5 + steady(e), "does not hold"),  # stays above 1
        (0.25, lambda e: 0.7, "does not hold"),  # does not decrease
        (0.25, lambda e: 1.0 if e == 11 else steady(e), "does not hold"),  # jumps to six times its lowest
        (0.25, lambda e: steady(e) + 0.02 * (e % 2), "holds"),  # noise
    ],
)
def test_wustl_claim_d_needs_d_at_its_half_and_g_falling_below_1(tmp_path, d, g, verdict):
    results = finished(tmp_path, [pair[0] for pair in RATES])
    for experiment, _ in RATES:
        curves_of(results, experiment, d, g)
    judged = claim(results, "d")
    assert judged.verdict == verdict
    assert f"D's loss is {d:.3f} in the mean, {2 * d:.2f} in the report's sum" in judged.evidence


def test_wustl_claim_d_is_not_run_while_a_task_is_missing(tmp_path):
    results = finished(tmp_path, [NORMAL])
    curves_of(results, NORMAL, 0.25, steady)
    assert claim(results, "d").verdict == "not run"
    assert "Not run: wustl-facades-label2photo." in claim(results, "d").evidence


@pytest.mark.parametrize(
    ("equal", "normal", "verdict"),
    [
        (lambda e: 15 if e == 11 else 1.5, steady, "holds"),
        (lambda e: 1.5, steady, "does not hold"),
        (lambda e: 1.5 + 0.5 * (e % 2), steady, "does not hold"),  # noise
        (lambda e: 15 if e == 11 else 1.5, lambda e: 15 if e == 11 else 1.5, "does not hold"),  # with both rates
        (lambda e: 15 - e, steady, "does not hold"),  # starts high
    ],
)
def test_wustl_claim_e_needs_a_jump_with_equal_rates_only(tmp_path, equal, normal, verdict):
    results = finished(tmp_path, [e for pair in RATES for e in pair])
    for pair in RATES:
        curves_of(results, pair[0], 0.25, normal)
        curves_of(results, pair[1], 0.0, equal)
    assert claim(results, "e").verdict == verdict


def test_wustl_claim_e_is_not_run_while_a_task_is_missing(tmp_path):
    results = finished(tmp_path, RATES[1])
    curves_of(results, NORMAL, 0.25, steady)
    curves_of(results, EQUAL, 0.0, lambda e: 15 if e == 11 else 1.5)
    assert claim(results, "e").verdict == "not run"


def test_wustl_claims_d_and_e_are_undecided_if_seeds_disagree(tmp_path):
    results = finished(tmp_path, [e for pair in RATES for e in pair], seeds=(0, 1))
    for normal, equal in RATES:
        for seed in (0, 1):
            curves_of(results, normal, 0.25, steady if seed else lambda e: 1.5, seed)
            curves_of(results, equal, 0.0, (lambda e: 15 if e == 11 else 1.5) if seed else lambda e: 1.5, seed)
    assert [claim(results, letter).verdict for letter in "de"] == ["not distinguishable"] * 2
