"""Tests of the claims of report 002, judged on runs with ranked images."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import spearmanr

from pixcycle.report.chapters.paris import claims as paris_claims
from pixcycle.report.chapters.paris.flips import after_flips
from tests.support.ranked import ALL, AUTHORS, BATCH_1, BEST, ERRORS, RUNNING, TRAINED, UPSIDE_DOWN, WORST, rank
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
    assert after_flips(l1, mirrored) == pytest.approx(np.mean(remaining, axis=0), abs=0.06)


def test_after_flips_keeps_the_ranking_if_mirrored_errors_are_equal():
    errors = np.array(ERRORS)
    assert after_flips(errors, errors) == pytest.approx((4, 4, 1))


def test_paris_claim_a_holds_if_mirrored_truths_reverse_the_ranking(tmp_path):
    results = Results(tmp_path, TRAINED)
    errors = np.linspace(0.1, 0.9, 100)
    rank(results, errors.tolist(), errors[::-1].tolist())
    judged = claim(results, "a")
    assert judged.verdict == "holds"
    assert judged.evidence.count(" the ranking is spoilt: ") == 3
    assert "For face to comic on face2comics the ranking is spoilt: " in judged.evidence
    (plot,) = judged.plots
    assert plot.marks == ("after random flips", "by chance")
    assert [dot.shown_reference for dot in plot.dots] == 3 * ["0.3"]  # 8 x 4 / 100


def test_paris_claim_a_does_not_hold_if_images_keep_their_ranks(tmp_path):
    results = Results(tmp_path, TRAINED)
    rank(results, ERRORS, [error + 0.01 for error in ERRORS])
    judged = claim(results, "a")
    assert judged.verdict == "does not hold"
    kept = "the ranking is not spoilt: on average 4.0 of the 4 best images and 4.0 of the 4 worst remain so"
    assert judged.evidence.count(f"{kept} (rank correlation 1.00).") == 3
    assert [dot.shown for dot in judged.plots[0].dots] == 3 * ["8.0"]
    assert "fewer than 4 of the 8 images" in judged.rule


def test_paris_claim_a_is_refuted_by_one_task(tmp_path):
    results = Results(tmp_path, TRAINED)
    rank(results, ERRORS, UPSIDE_DOWN)
    rank(results, ERRORS, ERRORS, only=lambda run: run.id == "paris-maps-aerial2map")
    judged = claim(results, "a")
    assert judged.verdict == "does not hold"
    assert "For aerial to map on maps the ranking is not spoilt: " in judged.evidence


def test_paris_claim_a_is_undecided_if_seeds_disagree(tmp_path):
    results = Results(tmp_path, ["paris-face2comics"], seeds=(0, 1))
    many = np.linspace(0.1, 0.9, 100).tolist()
    rank(results, many, many[::-1])
    rank(results, many, many, only=lambda run: run.seed == 1)
    judged = claim(results, "a")
    assert judged.verdict == "not distinguishable"
    assert "it cannot be told whether the ranking is spoilt: " in judged.evidence


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
    assert [claim(results, letter).verdict for letter in "abc"] == ["not run"] * 3
    assert "paris-maps-map2aerial." in claim(results, "b").evidence


AERIAL, MAP = "paris-maps-map2aerial", "paris-maps-aerial2map"
"""Trainings that make aerial photographs, and maps."""


def beside_authors(root, fids, experiments=(), seeds=(0,)):
    """Write both maps tasks and the authors' weights at full scale; `fids` has ours, the authors have 100."""
    names = [AERIAL, MAP, *AUTHORS, *experiments]
    return Results(root, names, lambda run: {"fid": fids.get(run.id, 100.0) + 20 * run.seed}, seeds, scale="full")


@pytest.mark.parametrize(
    ("aerial", "map", "verdict", "words"),
    [
        (130.0, 130.0, "holds", ("falls short of", "falls short of")),
        # reruns of one recipe differ by as much
        (130.0, 104.0, "not distinguishable", ("falls short of", "cannot be told from")),
        (104.0, 96.0, "not distinguishable", ("cannot be told from", "cannot be told from")),
        (130.0, 70.0, "does not hold", ("falls short of", "surpasses")),
    ],
)
def test_paris_claim_b_needs_both_tasks_to_fall_short_of_the_authors(tmp_path, aerial, map, verdict, words):
    judged = claim(beside_authors(tmp_path, {AERIAL: aerial, MAP: map}), "b")
    assert judged.verdict == verdict
    assert (
        f"Map to aerial on maps {words[0]} the authors' weights: trained with batch 1 for 12 epochs, it has an FID of "
        f"{aerial:.2f} and an L1 of 0.2000; they have an FID of 100.00 and an L1 of 0.2000."
    ) in judged.evidence
    assert f"Aerial to map on maps {words[1]} the authors' weights: " in judged.evidence


def test_paris_claim_b_is_undecided_within_the_spread_over_seeds(tmp_path):
    assert claim(beside_authors(tmp_path, {AERIAL: 130.0, MAP: 130.0}, seeds=(0, 1)), "b").verdict == (
        "not distinguishable"
    )


def test_paris_claim_b_is_not_run_while_a_task_is_missing(tmp_path):
    fids = {AERIAL: 130.0, AUTHORS[1]: 100.0}
    results = Results(tmp_path, list(fids), lambda run: {"fid": fids[run.id]}, scale="full")
    judged = claim(results, "b")
    assert judged.verdict == "not run"
    assert "Not run: paris-maps-aerial2map-authors, paris-maps-aerial2map." in judged.evidence


def test_paris_claim_b_is_not_judged_against_random_weights(tmp_path):
    judged = claim(Results(tmp_path, ALL, lambda run: {"fid": 50.0 if "authors" in run.id else 100.0}), "b")
    assert judged.verdict == "not run"
    assert "For aerial to map and map to aerial, random weights stand in for the authors'" in judged.evidence


def test_paris_claim_b_evidence_has_the_variants_of_map_to_aerial(tmp_path):
    fids = {AERIAL: 130.0, MAP: 130.0, BATCH_1: 95.0, RUNNING: 98.0}
    judged = claim(beside_authors(tmp_path, fids, [BATCH_1, RUNNING]), "b")
    assert judged.verdict == "holds"  # they decide nothing
    assert "Map to aerial evaluated with the running statistics of its training has an FID of 98.00 and " in (
        judged.evidence
    )
    assert "Map to aerial trained as aerial to map was has an FID of 95.00 and an L1 of " in judged.evidence
    assert "decides nothing" in judged.rule


@pytest.mark.parametrize(
    ("factor", "verdict", "words"),
    [
        (1.5, "holds on those run", "the flip raises the L1 significantly"),
        (1.05, "does not hold", "the flip does not raise the L1 significantly"),
        (1.0, "does not hold", "the flip does not raise the L1 significantly"),
        (0.8, "does not hold", "the flip does not raise the L1 significantly"),
    ],
)
def test_paris_claim_c_needs_flips_to_raise_the_l1_by_a_tenth(tmp_path, factor, verdict, words):
    results = Results(tmp_path, ["paris-face2comics"])
    rank(results, ERRORS, [factor * error for error in ERRORS])
    judged = claim(results, "c")
    assert judged.verdict == verdict
    assert f"For face to comic on face2comics {words} ({factor - 1:+.0%})." in judged.evidence
    assert "more than 10% higher" in judged.rule
    (plot,) = judged.plots
    assert plot.marks == ("mirrored", "as it is")
    assert [(dot.shown, dot.shown_reference) for dot in plot.dots] == [(f"{0.5 * factor:.4f}", "0.5000")]


def test_paris_claim_c_is_undecided_within_the_spread_over_images(tmp_path):
    results = Results(tmp_path, ["paris-face2comics"])
    rank(results, ERRORS, [error + (0.9 if i == 0 else 0.0) for i, error in enumerate(ERRORS)])  # 20%, of one image
    judged = claim(results, "c")
    assert judged.verdict == "not distinguishable"
    assert "it cannot be told whether the flip raises the L1 significantly (+20%)." in judged.evidence


def test_paris_claim_c_is_undecided_if_seeds_disagree(tmp_path):
    results = Results(tmp_path, ["paris-face2comics"], seeds=(0, 1))
    rank(results, ERRORS, [2 * error for error in ERRORS])
    rank(results, ERRORS, ERRORS, only=lambda run: run.seed == 1)
    assert claim(results, "c").verdict == "not distinguishable"
