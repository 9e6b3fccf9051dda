"""Tests of the claim of report 004, judged by studies or by FID and pixel L1, with known verdicts."""

import pytest

from pixcycle.report.chapters.kaist.claims import order_of_shares
from pixcycle.study.protocol import Protocol
from pixcycle.study.result import Share
from tests.report.chapters.kaist.chapter import COMPETITORS, answered, drawn
from tests.support.edited import edited_json
from tests.support.results import Results


def claim_of(tmp_path, ids, measured, study=lambda results: None):
    """Return the claim; `measured` are the competitors' scores, those of CycleGAN being 100 FID and an L1 of 0.2."""
    results = Results(tmp_path / "root", ids, lambda run: measured if run.id in COMPETITORS else {})
    study(results)
    [claim] = drawn(results, tmp_path / "out").claims
    return claim


def test_kaist_claim_cites_the_smallest_published_ratio(whole):
    (claim,) = whole.claims
    # 26.8 / 2.1 = 12.8 of BiGAN/ALI, 23.2 / 2.6 = 8.9 of SimGAN
    assert "at least 8.9 times as often" in claim.evidence
    taken = "its images were taken for real in"
    assert f"On map → photo {taken} 26.8% ± 2.8% of cases, those of BiGAN/ALI in 2.1% ± 1.0%." in claim.evidence
    assert f"On photo → map {taken} 23.2% ± 3.4% of cases, those of SimGAN in 2.6% ± 1.1%." in claim.evidence


@pytest.mark.parametrize(
    ("fid", "l1", "expected", "words"),
    [
        (200.0, 0.4, "holds", ("has a better FID than", "has a better pixel L1 than")),
        (101.0, 0.4, "not distinguishable", ("cannot be told from", "has a better pixel L1 than")),
        (50.0, 0.4, "does not hold", ("has a worse FID than", "has a better pixel L1 than")),
        (200.0, 0.1, "does not hold", ("has a better FID than", "has a worse pixel L1 than")),
    ],
)
def test_kaist_claim_without_a_study_is_judged_by_fid_and_l1_as_proxy(fid, l1, expected, words, tmp_path):
    claim = claim_of(tmp_path, ["kaist-maps", *COMPETITORS], {"fid": fid, "l1": l1})
    assert claim.verdict == expected
    better, worse = (8 * sum(word in part for part in words) for word in ("better", "worse"))
    assert (
        "No study of ours compares CycleGAN with a competitor. FID and pixel L1 on maps-unpaired stand in for people: "
        f"CycleGAN is better in {better} of 16 comparisons and worse in {worse}."
    ) in claim.evidence
    rivals = "CoGAN, BiGAN/ALI, SimGAN and Feature loss + GAN."
    for task in ("map → photo", "photo → map"):
        assert f"On {task}, CycleGAN (100.00) {words[0]} {rivals} " in claim.evidence
        assert f"On {task}, CycleGAN (0.2000) {words[1]} {rivals} " in claim.evidence
    titles = [f"{score}, {task}" for task in ("map → photo", "photo → map") for score in ("FID ↓", "Pixel L1 ↓")]
    assert [plot.title for plot in claim.plots] == titles
    methods = ["CoGAN", "BiGAN/ALI", "SimGAN", "Feature loss + GAN", "CycleGAN"]
    assert [(dot.label, dot.value) for dot in claim.plots[0].dots] == list(
        zip(methods, [fid] * 4 + [100.0], strict=True)
    )
    assert "a proxy" in claim.rule


def test_kaist_claim_compares_each_direction_by_its_own_scores(tmp_path):
    results = Results(tmp_path / "root", ["kaist-maps", "kaist-maps-simgan"], lambda run: {"l1": 0.2})
    with edited_json(results.root / results.values().one("kaist-maps-simgan").metrics) as measured:
        measured["metrics"]["a_to_b"] |= {"fid": 300.0}
        measured["metrics"]["b_to_a"] |= {"fid": 30.0}
    [claim] = drawn(results, tmp_path / "out").claims
    assert "On map → photo, CycleGAN (100.00) has a worse FID than SimGAN." in claim.evidence
    assert "On photo → map, CycleGAN (100.00) has a better FID than SimGAN." in claim.evidence
    assert [plot.dots[0].value for plot in claim.plots] == [30.0, 0.2, 300.0, 0.2]


def test_kaist_claim_is_not_run_while_a_competitor_is_missing(tmp_path):
    claim = claim_of(tmp_path, ["kaist-maps", *COMPETITORS[:3]], {"fid": 200.0, "l1": 0.4})
    assert claim.verdict == "not run"
    assert "Not run: kaist-maps-feature-loss." in claim.evidence


def test_kaist_claim_with_studies_compares_intervals_and_not_fid(tmp_path):
    def study(results):
        answered(results, "kaist-maps", every=0)
        answered(results, "kaist-maps-simgan", every=1)

    claim = claim_of(tmp_path, ["kaist-maps", "kaist-maps-simgan"], {"fid": 200.0, "l1": 0.4}, study)
    assert claim.verdict == "does not hold"
    words = "fools people less often than"
    sentence = (
        f"Judged by our studies. On map → photo CycleGAN (0.0% [0.0, 0.0]) {words} SimGAN (100.0% [100.0, 100.0]; "
        "4 and 4 participants)."
    )
    assert sentence in claim.evidence
    assert "stand in for people" not in claim.evidence
    assert claim.plots == []


def test_kaist_claim_holds_on_those_asked_and_names_the_others(tmp_path):
    def study(results):
        answered(results, "kaist-maps", every=1)
        answered(results, "kaist-maps-simgan", every=0)

    claim = claim_of(tmp_path, ["kaist-maps", *COMPETITORS], {"fid": 50.0, "l1": 0.4}, study)
    assert claim.verdict == "holds on those run"
    assert "Not judged on map → photo against CoGAN, map → photo against BiGAN/ALI, " in claim.evidence


def test_kaist_claim_does_not_compare_studies_of_different_protocols(tmp_path):
    def study(results):
        answered(results, "kaist-maps", every=1)
        answered(results, "kaist-maps-simgan", every=0, protocol=Protocol("other_input", 0))

    claim = claim_of(tmp_path, ["kaist-maps", *COMPETITORS], {"fid": 50.0, "l1": 0.4}, study)
    assert claim.verdict == "does not hold"
    assert claim.evidence.startswith("No study of ours compares CycleGAN with a competitor.")


@pytest.mark.parametrize(
    ("collapsed", "verdict"), [("kaist-maps-cogan", "holds on those run"), ("kaist-maps", "not run")]
)
def test_kaist_claim_is_not_decided_by_a_collapsed_run(tmp_path, collapsed, verdict):
    def spoil(results):
        results.collapse(f"{collapsed}/0")
        for direction in ("a_to_b", "b_to_a"):
            with edited_json(results.root / results.values().one("kaist-maps-cogan").metrics) as measured:
                measured["metrics"][direction] |= {"fid": 10.0}

    claim = claim_of(tmp_path, ["kaist-maps", *COMPETITORS], {"fid": 200.0, "l1": 0.4}, spoil)
    assert claim.verdict == verdict
    assert ("Not judged on CoGAN, which collapsed." in claim.evidence) == (collapsed == "kaist-maps-cogan")


@pytest.mark.parametrize(
    ("ours", "theirs", "order"),
    [((20, 30), (0, 10), "better"), ((20, 30), (25, 40), "unclear"), ((0, 5), (6, 9), "worse")],
)
def test_order_of_shares_compares_intervals(ours, theirs, order):
    shares = (Share(sum(ends) / 2, *ends, participants=25, answers=1000) for ends in (ours, theirs))
    assert order_of_shares(*shares) == order


def test_order_of_shares_is_unclear_for_a_single_participant():
    assert order_of_shares(Share(90, 80, 99, 1, 40), Share(0, 0, 0, 25, 1000)) == "unclear"
