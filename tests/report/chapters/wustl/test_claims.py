"""Tests of claims a and c of report 001, and of what its claims have in common, with known verdicts."""

import pytest

from pixcycle.report.chapters.wustl.claims import LAMBDAS, PAIRED, claims
from pixcycle.report.chapters.wustl.sections import EXPERIMENTS
from tests.report.chapters.wustl.invented import EQUAL, NORMAL, claim, curves_of, finished, steady
from tests.support.results import Results

# Claim a: λ


def test_wustl_claim_a_holds_if_fid_is_over_a_tenth_worse_on_both_tasks(tmp_path):
    result = claim(finished(tmp_path), "a")
    assert result.verdict == "holds"
    assert (
        "Cézanne to photo has an FID of 100.00 with λ = 10 and of 130.00 with λ = 1 (+26.1%): λ = 1 fails."
        in result.evidence
    )


@pytest.mark.parametrize("fid", [90.0, 100.0, 110.0])
def test_wustl_claim_a_does_not_hold_if_fid_is_better_or_similar(tmp_path, fid):
    assert claim(finished(tmp_path, photo2cezanne_lambda1=fid), "a").verdict == "does not hold"


def test_wustl_claim_a_counts_a_collapse_as_failing_at_any_fid(tmp_path):
    results = finished(tmp_path, photo2cezanne_lambda1=50.0)
    results.collapse("wustl-photo2cezanne-lambda1/0")
    assert claim(results, "a").verdict == "holds"
    assert "wustl-photo2cezanne-lambda1/0 collapsed: g no longer finite." in claim(results, "a").evidence


def test_wustl_claim_a_does_not_hold_if_lambda_10_collapsed(tmp_path):
    results = finished(tmp_path)
    results.collapse("wustl-cezanne2photo/0")
    assert claim(results, "a").verdict == "does not hold"


def test_wustl_claim_a_is_decided_by_fid_if_one_of_two_seeds_collapsed(tmp_path):
    results = finished(tmp_path, seeds=(0, 1), photo2cezanne_lambda1=50.0)
    results.collapse("wustl-photo2cezanne-lambda1/1")
    assert claim(results, "a").verdict == "does not hold"


def test_wustl_claim_a_is_not_run_while_a_task_is_missing(tmp_path):
    result = claim(finished(tmp_path, LAMBDAS[0]), "a")
    assert result.verdict == "not run"
    assert "Not run: wustl-photo2cezanne, wustl-photo2cezanne-lambda1." in result.evidence
    refuted = claim(finished(tmp_path / "other", LAMBDAS[0], cezanne2photo_lambda1=100.0), "a")
    assert refuted.verdict == "does not hold"


# Claim c: paired comparison and cycle


@pytest.mark.parametrize(
    ("paired", "verdict"),
    # differences around a tenth of the mean, in both directions
    [(100.0, "holds"), (110.5, "holds"), (111.0, "does not hold"), (90.5, "holds"), (90.0, "does not hold")],
)
def test_wustl_claim_c_holds_up_to_a_tenth_of_the_mean(tmp_path, paired, verdict):
    assert claim(finished(tmp_path, facades_label2photo_paired=paired), "c").verdict == verdict


@pytest.mark.parametrize(
    ("l1", "verdict"), [(0.2, "holds"), (0.22, "holds"), (0.23, "does not hold"), (0.15, "does not hold")]
)
def test_wustl_claim_c_needs_a_similar_l1_beside_fid(tmp_path, l1, verdict):
    paired = PAIRED[0][1]
    results = Results(tmp_path, EXPERIMENTS, lambda run: {"l1": l1 if run.id == paired else 0.2})
    result = claim(results, "c")
    assert result.verdict == verdict
    assert f"Label to photo has a pixel L1 of 0.2000 by the cycle and of {l1:.4f} paired" in result.evidence


def test_wustl_claims_are_undecided_if_the_spread_crosses_the_limit(tmp_path):
    # The spread of the difference is 40; with λ = 1 FID is 30 higher, at means of about 130.
    results = finished(tmp_path, seeds=(0, 40), photo2cezanne_lambda1=130.0)
    assert [claim(results, letter).verdict for letter in "ac"] == ["not distinguishable", "not distinguishable"]


def test_wustl_claims_are_decided_despite_a_small_spread_over_seeds(tmp_path):
    results = finished(tmp_path, seeds=(0, 1), photo2cezanne_lambda1=130.0)
    assert [claim(results, letter).verdict for letter in "ac"] == ["holds", "holds"]


def test_wustl_claims_without_runs_are_not_run_and_name_them(tmp_path):
    results = finished(tmp_path, [NORMAL])
    curves_of(results, NORMAL, 0.6, steady)
    judged = claims(results.draft())
    assert [c.verdict for c in judged] == ["not run"] * 3 + ["does not hold", "not run"]  # D of one run is at 0.6
    assert EQUAL in judged[1].evidence
