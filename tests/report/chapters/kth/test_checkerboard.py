"""Tests of claims a and d of report 003 and of its proposal, on invented energies with known verdicts."""

import re

import pytest

from tests.report.chapters.kth.judging import CITY, PLAIN, RESIZE, judged
from tests.support.edited import edited_json
from tests.support.results import Results


def with_samples(root, samples, experiments=(PLAIN,), seeds=(0,)):
    """Write runs with checkerboard energy samples(epoch, seed); real images have 0.001 (A) and 0.002 (B)."""
    results = Results(root, list(experiments), seeds=seeds)
    for run in results.plan.runs.values():
        results.write_metrics(run, samples=lambda epoch, seed=run.seed: samples(epoch, seed))
    return results


@pytest.mark.parametrize(
    ("samples", "verdict"),
    [
        (lambda epoch, seed: 0.1 / epoch, "holds on those run"),
        (lambda epoch, seed: 0.1, "does not hold"),  # strong, but it stays
        (lambda epoch, seed: 0.06 if epoch > 1 else 0.1, "does not hold"),  # more than half is left
        (lambda epoch, seed: 0.04 if epoch > 1 else 0.1, "holds on those run"),
        (lambda epoch, seed: 0.008 / epoch, "does not hold"),  # it fades, but was never strong
        (lambda epoch, seed: 0.1 * epoch, "does not hold"),
    ],
)
def test_kth_claim_a_requires_a_strong_checkerboard_that_fades(tmp_path, samples, verdict):
    assert judged(with_samples(tmp_path, samples))["a"].verdict == verdict


def test_kth_claim_a_subtracts_the_energy_of_real_target_images(tmp_path):
    results = with_samples(tmp_path, lambda epoch, seed: 0.0135 if epoch == 1 else 0.0)
    with edited_json(results.root / results.plan.runs[f"{PLAIN}/0"].metrics) as measured:
        measured["real"]["B"]["checkerboard"] = 0.006
    claim = judged(results)["a"]
    assert claim.evidence.startswith(
        "The pattern is strong after the first sampled epoch in zebra → horse. The pattern is not strong after the "
        "first sampled epoch in horse → zebra. It fades in both translations. Not judged on "
    )
    assert "Real ones have 0.0010 to 0.0060." in claim.rule
    assert claim.verdict == "does not hold"


def test_kth_claim_a_plots_last_beside_first_energy_and_names_the_exception(tmp_path):
    results = with_samples(tmp_path, lambda epoch, seed: 0.1 / epoch, (PLAIN, "kth-apple2orange"))
    with edited_json(results.root / results.plan.runs[f"{PLAIN}/0"].metrics) as measured:
        for row in measured["samples"]:
            row["checkerboard"] = 0.1 if row["direction"] == "b_to_a" else row["checkerboard"]
    claim = judged(results)["a"]
    assert (
        "epoch in all 4 translations. It fades in horse → zebra, apple → orange and orange → apple. It does not fade "
        "in zebra → horse."
    ) in claim.evidence
    (plot,) = claim.plots
    assert [(dot.label, dot.shown, dot.shown_reference) for dot in plot.dots] == [
        ("horse → zebra", "0.0083", "0.1000"),
        ("zebra → horse", "0.1000", "0.1000"),
        ("apple → orange", "0.0083", "0.1000"),
        ("orange → apple", "0.0083", "0.1000"),
    ]
    assert plot.marks == ("last", "first")


def test_kth_claim_a_is_undecided_if_seeds_disagree(tmp_path):
    claim = judged(with_samples(tmp_path, lambda epoch, seed: 0.1 if seed else 0.1 / epoch, seeds=(0, 1)))["a"]
    assert claim.verdict == "not distinguishable"
    assert "epoch in both translations. It cannot be told whether the pattern fades in both translations." in (
        claim.evidence
    )


def test_kth_claim_a_is_judged_on_available_uncollapsed_runs(tmp_path):
    results = with_samples(tmp_path, lambda epoch, seed: 0.1, (PLAIN, "kth-apple2orange"))
    run = results.plan.runs["kth-apple2orange/0"]
    results.write_metrics(run, samples=lambda epoch: 0.1 / epoch)
    results.collapse(f"{PLAIN}/0", "d_a")
    claim = judged(results)["a"]
    assert claim.verdict == "holds on those run"
    assert "Not judged on kth-horse2zebra, kth-summer2winter, kth-cityscapes." in claim.evidence
    assert "kth-horse2zebra/0 collapsed: d_a no longer finite." in claim.evidence


CLEAR = "the pattern is clear at first"


@pytest.mark.parametrize(
    ("samples", "verdict", "sentence"),
    [
        # 0.004 of 0.099 above real photos
        (
            lambda epoch, seed: 0.1 if epoch == 1 else 0.005,
            "holds",
            f"Of the excess over real photos 4% is left. So {CLEAR} and it is minimal later.",
        ),
        # faded, but not minimal
        (lambda epoch, seed: 0.1 if epoch == 1 else 0.03, "does not hold", f"So {CLEAR}, but it is not minimal later."),
        # minimal at the end only
        (
            lambda epoch, seed: 0.1 if epoch <= 6 else 0.005,
            "does not hold",
            f"So {CLEAR}, but it is not minimal later.",
        ),
        # never clear
        (
            lambda epoch, seed: 0.005,
            "does not hold",
            "So the pattern is not clear at first and it is not minimal later.",
        ),
        (
            lambda epoch, seed: 0.1 if epoch == 1 or seed else 0.005,
            "not distinguishable",
            f"So {CLEAR}. Whether it is minimal later cannot be told, as the seeds differ too much.",
        ),
    ],
)
def test_kth_claim_d_needs_a_minimal_checkerboard_halfway(tmp_path, samples, verdict, sentence):
    seeds = (0, 1) if verdict == "not distinguishable" else (0,)
    claim = judged(with_samples(tmp_path, samples, [CITY], seeds))["d"]
    assert claim.verdict == verdict
    assert re.search(
        r"0\.\d{4} after epoch 1 and 0\.\d{4} after epoch 6 of 12", claim.evidence
    )  # 50 of 100 in the report
    assert sentence in claim.evidence


def proposal(root, resize, plain, seeds=(0,)):
    """Return the claim about resize-convolution for two final energies; real images have 0.002."""
    energy = {RESIZE: resize, PLAIN: plain}
    results = Results(root, list(energy), lambda run: {"checkerboard": energy[run.id] + 0.004 * run.seed}, seeds)
    return judged(results)["resize"]


@pytest.mark.parametrize(
    ("resize", "plain", "verdict", "sentence"),
    [
        (0.0025, 0.05, "holds", "is too weak to see and it is weaker than with deconvolution."),
        # less, but not gone
        (0.01, 0.05, "does not hold", "is strong enough to see, but it is weaker than with deconvolution."),
        # gone, but it was gone with deconvolution
        (0.0025, 0.0015, "does not hold", "is too weak to see, but it is stronger than with deconvolution."),
    ],
)
def test_kth_claim_resize_requires_less_than_deconvolution_and_invisible(tmp_path, resize, plain, verdict, sentence):
    claim = proposal(tmp_path, resize, plain)
    assert claim.verdict == verdict
    assert "proposal for future work" in claim.text
    assert (
        f"the checkerboard energy is {resize:.4f} with resize-convolution and {plain:.4f} with deconvolution; that of "
        "real images is 0.0020. So with resize-convolution the pattern"
    ) in claim.evidence
    assert sentence in claim.evidence
    assert "The FID is 100.00 with resize-convolution and 100.00 with deconvolution." in claim.evidence


def test_kth_claim_resize_is_undecided_within_the_spread_over_seeds(tmp_path):
    assert proposal(tmp_path, 0.0025, 0.05, seeds=(0, 1)).verdict == "not distinguishable"


def test_kth_claim_resize_is_not_run_without_both_finished_runs(tmp_path):
    alone = judged(Results(tmp_path / "a", [PLAIN]))["resize"]
    assert (alone.verdict, alone.evidence) == ("not run", "Not run: kth-horse2zebra-resize.")
    results = Results(tmp_path / "b", [PLAIN, RESIZE])
    results.collapse(f"{RESIZE}/0", "d_a")
    assert judged(results)["resize"].verdict == "not run"
