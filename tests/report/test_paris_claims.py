"""The claims of report 002, judged on runs whose images are ranked."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import spearmanr

from pixcycle.report.chapters import paris_claims
from tests.report.ranked import BATCH_1, BEST, ERRORS, TRAINED, UPSIDE_DOWN, WORST, rank
from tests.report.results import Results


def claim(results: Results, letter: str):
    return next(made for made in paris_claims.claims(results.values()) if made.id == f"paris-claim-{letter}")


def test_flips_leave_what_the_mean_over_all_falls_of_the_coins_says():
    l1, mirrored = np.array(ERRORS), np.array([0.65, 0.35, 0.85, 0.15, 0.95, 0.45, 0.05, 0.75, 0.25])
    found = []
    for coins in product((False, True), repeat=len(l1)):
        drawn = np.where(coins, mirrored, l1)
        order = sorted(range(len(l1)), key=lambda i: drawn[i])
        found.append((len({*order[:4]} & {*BEST}), len({*order[-4:]} & {*WORST}), spearmanr(drawn, l1).statistic))
    assert paris_claims.after_flips(l1, mirrored) == pytest.approx(np.mean(found, axis=0), abs=0.06)


def test_flips_change_nothing_where_every_image_is_as_far_from_its_mirrored_truth():
    errors = np.array(ERRORS)
    assert paris_claims.after_flips(errors, errors) == pytest.approx((4, 4, 1))


def test_where_mirrored_truths_reverse_the_ranking_flips_spoil_it(tmp_path):
    results = Results(tmp_path, TRAINED)
    errors = np.linspace(0.1, 0.9, 100)
    rank(results, errors.tolist(), errors[::-1].tolist())
    made = claim(results, "a")
    assert made.verdict == "holds"
    assert "Face to comic on face2comics: " in made.evidence
    assert "by chance 0.2 of each among 100 images" in made.evidence
    assert "mean L1 0.5000, to mirrored truths 0.5000" in made.evidence


def test_where_images_keep_their_places_flips_do_not_spoil_the_ranking(tmp_path):
    results = Results(tmp_path, TRAINED)
    rank(results, ERRORS, [error + 0.01 for error in ERRORS])
    made = claim(results, "a")
    assert made.verdict == "does not hold"
    assert made.evidence.count("4.0 of the best and 4.0 of the worst stay") == 3
    assert made.evidence.count("rank correlation 1.00; mean L1 0.5000, to mirrored truths 0.5100") == 3


def test_one_task_whose_ranking_stays_refutes_the_claim_on_flips(tmp_path):
    results = Results(tmp_path, TRAINED)
    rank(results, ERRORS, UPSIDE_DOWN)
    rank(results, ERRORS, ERRORS, only=lambda run: run.id == "paris-maps-aerial2map")
    assert claim(results, "a").verdict == "does not hold"


def test_seeds_that_disagree_on_flips_leave_their_claim_undecided(tmp_path):
    results = Results(tmp_path, ["paris-face2comics"], seeds=(0, 1))
    many = np.linspace(0.1, 0.9, 100).tolist()
    rank(results, many, many[::-1])
    rank(results, many, many, only=lambda run: run.seed == 1)
    assert claim(results, "a").verdict == "not distinguishable"


def test_flips_are_judged_on_the_datasets_that_were_run(tmp_path):
    results = Results(tmp_path, TRAINED[1:])
    rank(results, *[np.linspace(0.1, 0.9, 100).tolist()[::step] for step in (1, -1)])
    made = claim(results, "a")
    assert made.verdict == "holds"
    assert made.evidence.endswith("Not judged on face2comics.")


def test_flips_are_not_judged_while_one_of_two_tasks_on_a_dataset_is_missing(tmp_path):
    results = Results(tmp_path, TRAINED[:2])
    many = np.linspace(0.1, 0.9, 100).tolist()
    rank(results, many, many[::-1])
    made = claim(results, "a")
    assert made.verdict == "not run"
    assert made.evidence.endswith("Not run: paris-maps-map2aerial.")


def test_without_the_reports_own_runs_no_claim_is_judged(tmp_path):
    results = Results(tmp_path, [BATCH_1])
    assert (claim(results, "a").verdict, claim(results, "b").verdict) == ("not run", "not run")
    assert "Not run: paris-maps-map2aerial." in claim(results, "b").evidence


@pytest.mark.parametrize(
    ("batch_1", "batch_20", "verdict"),
    [(90.0, 100.0, "holds"), (100.0, 90.0, "does not hold"), (95.0, 95.0, "not distinguishable")],
)
def test_the_better_fid_of_one_task_at_both_settings_decides_on_batch_size(tmp_path, batch_1, batch_20, verdict):
    fid = {BATCH_1: (batch_1, 0.3), "paris-maps-map2aerial": (batch_20, 0.1)}
    results = Results(tmp_path, list(fid), lambda run: dict(zip(("fid", "l1"), fid[run.id], strict=True)))
    results.record(f"{BATCH_1}/0", epochs=200)
    results.record("paris-maps-map2aerial/0", epochs=100, batch_size=20)
    made = claim(results, "b")
    assert made.verdict == verdict
    assert f"On maps: batch 1 for 200 epochs FID {batch_1:.2f}, L1 0.3000; " in made.evidence
    assert f"batch 20 for 100 epochs FID {batch_20:.2f}, L1 0.1000." in made.evidence


def test_a_difference_of_settings_inside_the_spread_over_seeds_is_not_distinguishable(tmp_path):
    fid = {BATCH_1: 90.0, "paris-maps-map2aerial": 100.0}
    results = Results(tmp_path, list(fid), lambda run: {"fid": fid[run.id] + 20 * run.seed}, seeds=(0, 1))
    assert claim(results, "b").verdict == "not distinguishable"


def test_the_claim_on_batch_size_says_that_a_run_collapsed(tmp_path):
    results = Results(tmp_path, [BATCH_1, "paris-maps-map2aerial"])
    results.record(f"{BATCH_1}/0", status="collapsed", collapse="d stayed at zero")
    assert f"{BATCH_1}/0 collapsed: d stayed at zero." in claim(results, "b").evidence
