"""Tests of the claims of report 002, judged on runs with ranked images."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import spearmanr

from pixcycle.report.chapters.paris import claims as paris_claims
from tests.support.ranked import BATCH_1, BEST, ERRORS, TRAINED, UPSIDE_DOWN, WORST, rank
from tests.support.results import Results


def claim(results: Results, letter: str):
    return next(claim for claim in paris_claims.claims(results.draft()) if claim.id == f"paris-claim-{letter}")


def test_after_flips_equals_the_mean_over_all_flip_combinations():
    l1, mirrored = np.array(ERRORS), np.array([0.65, 0.35, 0.85, 0.15, 0.95, 0.45, 0.05, 0.75, 0.25])
    remaining = []
    for coins in product((False, True), repeat=len(l1)):
        drawn = np.where(coins, mirrored, l1)
        order = sorted(range(len(l1)), key=lambda i: drawn[i])
        remaining.append((len({*order[:4]} & {*BEST}), len({*order[-4:]} & {*WORST}), spearmanr(drawn, l1).statistic))
    assert paris_claims.after_flips(l1, mirrored) == pytest.approx(np.mean(remaining, axis=0), abs=0.06)


def test_after_flips_keeps_the_ranking_if_mirrored_errors_are_equal():
    errors = np.array(ERRORS)
    assert paris_claims.after_flips(errors, errors) == pytest.approx((4, 4, 1))


def test_paris_claim_a_holds_if_mirrored_truths_reverse_the_ranking(tmp_path):
    results = Results(tmp_path, TRAINED)
    errors = np.linspace(0.1, 0.9, 100)
    rank(results, errors.tolist(), errors[::-1].tolist())
    judged = claim(results, "a")
    assert judged.verdict == "holds"
    assert "Face to comic on face2comics: " in judged.evidence
    assert "by chance 0.2 of each among 100 images" in judged.evidence
    assert "mean L1 0.5000, to mirrored truths 0.5000" in judged.evidence


def test_paris_claim_a_does_not_hold_if_images_keep_their_ranks(tmp_path):
    results = Results(tmp_path, TRAINED)
    rank(results, ERRORS, [error + 0.01 for error in ERRORS])
    judged = claim(results, "a")
    assert judged.verdict == "does not hold"
    assert judged.evidence.count("4.0 of the best and 4.0 of the worst stay") == 3
    assert judged.evidence.count("rank correlation 1.00; mean L1 0.5000, to mirrored truths 0.5100") == 3


def test_paris_claim_a_is_refuted_by_one_task(tmp_path):
    results = Results(tmp_path, TRAINED)
    rank(results, ERRORS, UPSIDE_DOWN)
    rank(results, ERRORS, ERRORS, only=lambda run: run.id == "paris-maps-aerial2map")
    assert claim(results, "a").verdict == "does not hold"


def test_paris_claim_a_is_undecided_if_seeds_disagree(tmp_path):
    results = Results(tmp_path, ["paris-face2comics"], seeds=(0, 1))
    many = np.linspace(0.1, 0.9, 100).tolist()
    rank(results, many, many[::-1])
    rank(results, many, many, only=lambda run: run.seed == 1)
    assert claim(results, "a").verdict == "not distinguishable"


def test_paris_claim_a_is_judged_on_the_datasets_that_were_run(tmp_path):
    results = Results(tmp_path, TRAINED[1:])
    rank(results, *[np.linspace(0.1, 0.9, 100).tolist()[::step] for step in (1, -1)])
    judged = claim(results, "a")
    assert judged.verdict == "holds on those run"
    assert judged.evidence.endswith("Not judged on face2comics.")


def test_paris_claim_a_is_not_run_if_a_task_of_a_dataset_is_missing(tmp_path):
    results = Results(tmp_path, TRAINED[:2])
    many = np.linspace(0.1, 0.9, 100).tolist()
    rank(results, many, many[::-1])
    judged = claim(results, "a")
    assert judged.verdict == "not run"
    assert judged.evidence.endswith("Not run: paris-maps-map2aerial.")


def test_paris_claims_are_not_run_without_the_report_runs(tmp_path):
    results = Results(tmp_path, [BATCH_1])
    assert (claim(results, "a").verdict, claim(results, "b").verdict) == ("not run", "not run")
    assert "Not run: paris-maps-map2aerial." in claim(results, "b").evidence


@pytest.mark.parametrize(
    ("batch_1", "batch_20", "verdict"),
    [(90.0, 100.0, "holds"), (100.0, 90.0, "does not hold"), (95.0, 95.0, "not distinguishable")],
)
def test_paris_claim_b_is_decided_by_fid_at_both_settings(tmp_path, batch_1, batch_20, verdict):
    fid = {BATCH_1: (batch_1, 0.3), "paris-maps-map2aerial": (batch_20, 0.1)}
    results = Results(tmp_path, list(fid), lambda run: dict(zip(("fid", "l1"), fid[run.id], strict=True)))
    results.record(f"{BATCH_1}/0", epochs=200)
    results.record("paris-maps-map2aerial/0", epochs=100, batch_size=20)
    judged = claim(results, "b")
    assert judged.verdict == verdict
    assert f"On maps: batch 1 for 200 epochs FID {batch_1:.2f}, L1 0.3000; " in judged.evidence
    assert f"batch 20 for 100 epochs FID {batch_20:.2f}, L1 0.1000." in judged.evidence


def test_paris_claim_b_is_undecided_within_the_spread_over_seeds(tmp_path):
    fid = {BATCH_1: 90.0, "paris-maps-map2aerial": 100.0}
    results = Results(tmp_path, list(fid), lambda run: {"fid": fid[run.id] + 20 * run.seed}, seeds=(0, 1))
    assert claim(results, "b").verdict == "not distinguishable"


def test_paris_claim_b_evidence_mentions_a_collapsed_run(tmp_path):
    results = Results(tmp_path, [BATCH_1, "paris-maps-map2aerial"])
    results.record(f"{BATCH_1}/0", status="collapsed", collapse="d stayed at zero")
    assert f"{BATCH_1}/0 collapsed: d stayed at zero." in claim(results, "b").evidence
