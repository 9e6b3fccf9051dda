"""Tests of what the claims of report 003 have in common."""

from tests.report.chapters.kth.judging import CITY, CURVES, judged
from tests.support.results import Results


def test_kth_claims_on_a_collapsed_run_are_not_run(tmp_path):
    results = Results(tmp_path, [CURVES])
    results.collapse(f"{CURVES}/0", "d_a")
    for letter in "abcfg":
        claim = judged(results)[letter]
        assert claim.verdict == "not run"
        assert "kth-summer2winter/0 collapsed: d_a no longer finite." in claim.evidence


def test_kth_claims_d_and_e_are_not_judged_on_collapsed_runs(tmp_path):
    results = Results(tmp_path, [CITY])
    results.collapse(f"{CITY}/0", "d_a")
    for letter in "de":
        assert judged(results)[letter].verdict == "not run"
        assert "kth-cityscapes/0 collapsed: d_a no longer finite." in judged(results)[letter].evidence
