"""Tests of the claims and the proposal of report 003, judged on invented numbers with known verdicts."""

import pytest

from pixcycle.report.chapters.kth.claims import claims
from tests.support.results import Results

PLAIN, RESIZE, CURVES = "kth-horse2zebra", "kth-horse2zebra-resize", "kth-summer2winter"


def judged(results):
    """Return the claims by the last part of their ids."""
    return {claim.id.rsplit("-", 1)[1]: claim for claim in claims(results.draft())}


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
    claim = judged(with_samples(tmp_path, lambda epoch, seed: 0.0115 if epoch == 1 else 0.0))["a"]
    assert "horse → zebra 0.0115, 0.0000, 0.0020, not strong;" in claim.evidence
    assert "zebra → horse 0.0115, 0.0000, 0.0010." in claim.evidence
    assert claim.verdict == "does not hold"


def test_kth_claim_a_is_undecided_if_seeds_disagree(tmp_path):
    claim = judged(with_samples(tmp_path, lambda epoch, seed: 0.1 if seed else 0.1 / epoch, seeds=(0, 1)))["a"]
    assert claim.verdict == "not distinguishable"
    assert "perhaps faded" in claim.evidence


def test_kth_claim_a_is_judged_on_available_uncollapsed_runs(tmp_path):
    results = with_samples(tmp_path, lambda epoch, seed: 0.1, (PLAIN, "kth-apple2orange"))
    run = results.plan.runs["kth-apple2orange/0"]
    results.write_metrics(run, samples=lambda epoch: 0.1 / epoch)
    results.collapse(f"{PLAIN}/0", "d_a")
    claim = judged(results)["a"]
    assert claim.verdict == "holds on those run"
    assert "Not judged on kth-horse2zebra, kth-summer2winter, kth-cityscapes." in claim.evidence
    assert "kth-horse2zebra/0 collapsed: d_a no longer finite." in claim.evidence


def total(epoch, cycle, gan):
    return 2 * (10 * cycle(epoch) + gan(epoch))


def with_losses(root, seeds=(0,), **terms):
    """Write runs whose total is 10 x cycle + adversarial, with each term once per domain.

    Parameters
    ----------
    terms
        Name (`cycle` or `gan`) -> function of epoch and seed.
    """
    named = {"cycle": ("cycle_a", "cycle_b"), "gan": ("g_ab_gan", "g_ba_gan")}
    results = Results(root, [CURVES], seeds=seeds)
    for run in results.plan.runs.values():
        losses = {name: lambda epoch, f=f, s=run.seed: f(epoch, s) for name, f in terms.items()}
        columns = {column: losses[term] for term in named for column in named[term]}
        results.write_training(run, g=lambda epoch, terms=losses: total(epoch, **terms), **columns)
    return results


def falling(level):
    return lambda epoch, seed: level * (1 - epoch / 24)


def constant(level):
    return lambda epoch, seed: level + 0.001 * (epoch % 2)


@pytest.mark.parametrize(
    ("cycle", "gan", "verdict"),
    [
        (falling(0.2), constant(0.9), "holds"),  # 10 x 0.15 in the mean against 0.9
        (falling(0.2), constant(1.8), "does not hold"),
        (constant(0.2), constant(0.9), "does not hold"),  # it stays
        (lambda epoch, seed: 0.1 + epoch / 100, constant(0.3), "does not hold"),  # it rises
    ],
)
def test_kth_claim_b_requires_the_cycle_term_to_be_largest_and_fall(tmp_path, cycle, gan, verdict):
    results = with_losses(tmp_path, cycle=cycle, gan=gan)
    assert judged(results)["b"].verdict == verdict


def test_kth_claim_b_evidence_states_shares_and_trends(tmp_path):
    results = with_losses(tmp_path, cycle=lambda e, s: 0.3, gan=lambda e, s: 0.5 + e / 1000)
    claim = judged(results)["b"]
    assert "the cycle terms, times λ, are 86%, the identity terms 0%, the adversarial ones 14%" in claim.evidence
    assert "cycle +0.00" in claim.evidence  # a loss that never changes has no trend
    assert "adversarial +1.00" in claim.evidence
    assert claim.verdict == "does not hold"


def test_kth_claim_b_is_undecided_if_seeds_disagree(tmp_path):
    gan = {0: constant(1.2), 1: constant(1.8)}
    terms = {"cycle": falling(0.2), "gan": lambda epoch, seed: gan[seed](epoch, seed)}
    results = with_losses(tmp_path, (0, 1), **terms)
    claim = judged(results)["b"]
    assert claim.verdict == "not distinguishable"
    assert "kth-summer2winter/0:" in claim.evidence and "kth-summer2winter/1:" in claim.evidence


def settled(epoch):
    return 0.25 + 0.01 * (epoch % 2) if epoch else 0.5


@pytest.mark.parametrize(
    ("d_b", "verdict"),
    [
        (settled, "holds"),
        (lambda epoch: 1 - epoch / 12, "does not hold"),  # falls to the end
        (lambda epoch: 0.3 if epoch == 5 else 0.25, "does not hold"),  # no drop
        (lambda epoch: 0.5 if epoch in (0, 6) else 0.1, "does not hold"),  # drops, but returns
    ],
)
def test_kth_claim_c_requires_both_discriminators_to_drop_and_stay(tmp_path, d_b, verdict):
    results = Results(tmp_path, [CURVES])
    results.write_training(results.plan.runs[f"{CURVES}/0"], d_a=settled, d_b=d_b)
    claim = judged(results)["c"]
    assert claim.verdict == verdict
    assert "D of summer: 0.500 in the first epoch, then 0.255 ± 0.005." in claim.evidence


@pytest.mark.parametrize(("third", "verdict"), [(0.4, "holds"), (0.6, "does not hold")])
def test_kth_claim_c_allows_a_drop_in_the_first_tenth_of_the_epochs(tmp_path, monkeypatch, third, verdict):
    monkeypatch.setattr("tests.support.results.EPOCHS", 40)
    results = Results(tmp_path, [CURVES])
    results.write_training(results.plan.runs[f"{CURVES}/0"], d_a=settled, d_b=lambda e: third if e == 2 else settled(e))
    claim = judged(results)["c"]
    assert claim.verdict == verdict
    assert "D of winter: 0.500 in the first epoch, then 0.255 ± 0.005." in claim.evidence


def test_kth_claims_a_to_c_are_not_run_if_the_run_collapsed(tmp_path):
    results = Results(tmp_path, [CURVES])
    results.write_training(results.plan.runs[f"{CURVES}/0"], d_a=settled, d_b=settled)
    results.collapse(f"{CURVES}/0", "d_a")
    for letter in "abc":
        claim = judged(results)[letter]
        assert claim.verdict == "not run"
        assert "kth-summer2winter/0 collapsed: d_a no longer finite." in claim.evidence


def proposal(root, resize, plain, seeds=(0,)):
    """Return the claim about resize-convolution for two final energies; real images have 0.002."""
    energy = {RESIZE: resize, PLAIN: plain}
    results = Results(root, list(energy), lambda run: {"checkerboard": energy[run.id] + 0.004 * run.seed}, seeds)
    return judged(results)["resize"]


@pytest.mark.parametrize(
    ("resize", "plain", "verdict"),
    [
        (0.0025, 0.05, "holds"),
        (0.01, 0.05, "does not hold"),  # less, but not gone
        (0.0025, 0.0015, "does not hold"),  # gone, but it was gone with deconvolution
    ],
)
def test_kth_claim_resize_requires_less_than_deconvolution_and_invisible(tmp_path, resize, plain, verdict):
    claim = proposal(tmp_path, resize, plain)
    assert claim.verdict == verdict
    assert "proposal for future work" in claim.text
    assert f"resize-convolution {resize:.4f} (FID 100.00); deconvolution {plain:.4f} (FID 100.00)" in claim.evidence


def test_kth_claim_resize_is_undecided_within_the_spread_over_seeds(tmp_path):
    assert proposal(tmp_path, 0.0025, 0.05, seeds=(0, 1)).verdict == "not distinguishable"


def test_kth_claim_resize_is_not_run_without_both_finished_runs(tmp_path):
    alone = judged(Results(tmp_path / "a", [PLAIN]))["resize"]
    assert (alone.verdict, alone.evidence) == ("not run", "Not run: kth-horse2zebra-resize.")
    results = Results(tmp_path / "b", [PLAIN, RESIZE])
    results.collapse(f"{RESIZE}/0", "d_a")
    assert judged(results)["resize"].verdict == "not run"
