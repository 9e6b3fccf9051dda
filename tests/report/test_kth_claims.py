"""The claims of report 003 and its proposal, judged on made-up numbers whose right verdicts are known."""

import pytest

from pixcycle.report.chapters.kth_claims import claims
from tests.report.results import Results

PLAIN, RESIZE, CURVES = "kth-horse2zebra", "kth-horse2zebra-resize", "kth-summer2winter"


def judged(results):
    """Claims by the last part of their ids."""
    return {claim.id.rsplit("-", 1)[1]: claim for claim in claims(results.values())}


def with_samples(root, samples, experiments=(PLAIN,), seeds=(0,)):
    """Runs whose checkerboard after an epoch is samples(epoch, seed), above 0.001 of real A and 0.002 of real B."""
    results = Results(root, list(experiments), seeds=seeds)
    for run in results.plan.runs.values():
        results.write_metrics(run, samples=lambda epoch, seed=run.seed: samples(epoch, seed))
    return results


@pytest.mark.parametrize(
    ("samples", "verdict"),
    [
        (lambda epoch, seed: 0.1 / epoch, "holds"),
        (lambda epoch, seed: 0.1, "does not hold"),  # strong, but it stays
        (lambda epoch, seed: 0.06 if epoch > 1 else 0.1, "does not hold"),  # more than half is left
        (lambda epoch, seed: 0.04 if epoch > 1 else 0.1, "holds"),
        (lambda epoch, seed: 0.008 / epoch, "does not hold"),  # it fades, but was never strong
        (lambda epoch, seed: 0.1 * epoch, "does not hold"),
    ],
)
def test_the_checkerboard_must_be_strong_and_then_fade(tmp_path, samples, verdict):
    assert judged(with_samples(tmp_path, samples))["a"].verdict == verdict


def test_the_checkerboard_counts_above_the_real_images_that_a_direction_imitates(tmp_path):
    claim = judged(with_samples(tmp_path, lambda epoch, seed: 0.0115 if epoch == 1 else 0.0))["a"]
    assert "horse → zebra 0.0115, 0.0000, 0.0020, not strong;" in claim.evidence
    assert "zebra → horse 0.0115, 0.0000, 0.0010." in claim.evidence
    assert claim.verdict == "does not hold"


def test_seeds_that_disagree_about_the_checkerboard_leave_it_undecided(tmp_path):
    claim = judged(with_samples(tmp_path, lambda epoch, seed: 0.1 if seed else 0.1 / epoch, seeds=(0, 1)))["a"]
    assert claim.verdict == "not distinguishable"
    assert "perhaps faded" in claim.evidence


def test_the_checkerboard_is_judged_on_the_runs_that_there_are_and_did_not_collapse(tmp_path):
    results = with_samples(tmp_path, lambda epoch, seed: 0.1, (PLAIN, "kth-apple2orange"))
    run = results.plan.runs["kth-apple2orange/0"]
    results.write_metrics(run, samples=lambda epoch: 0.1 / epoch)
    results.collapse(f"{PLAIN}/0", "d_a")
    claim = judged(results)["a"]
    assert claim.verdict == "holds"
    assert "Not judged on kth-horse2zebra, kth-summer2winter, kth-cityscapes." in claim.evidence
    assert "kth-horse2zebra/0 collapsed: d_a no longer finite." in claim.evidence


def total(epoch, cycle, gan):
    return 2 * (10 * cycle(epoch) + gan(epoch))


def with_losses(root, seeds=(0,), **terms):
    """A run whose total is 10 x cycle + adversarial; each term once for each domain.

    terms: name -> function of epoch and seed.
    """
    named = {"cycle": ("cycle_a", "cycle_b"), "gan": ("g_ab_gan", "g_ba_gan")}
    results = Results(root, [CURVES], seeds=seeds)
    for run in results.plan.runs.values():
        made = {name: lambda epoch, f=f, s=run.seed: f(epoch, s) for name, f in terms.items()}
        columns = {column: made[term] for term in named for column in named[term]}
        results.write_training(run, g=lambda epoch, m=made: total(epoch, **m), **columns)
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
def test_the_cycle_term_must_be_the_largest_with_its_weight_and_fall(tmp_path, cycle, gan, verdict):
    results = with_losses(tmp_path, cycle=cycle, gan=gan)
    assert judged(results)["b"].verdict == verdict


def test_the_shares_of_the_loss_and_its_trends_are_told(tmp_path):
    results = with_losses(tmp_path, cycle=lambda e, s: 0.3, gan=lambda e, s: 0.5 + e / 1000)
    claim = judged(results)["b"]
    assert "the cycle terms, times λ, are 86%, the identity terms 0%, the adversarial ones 14%" in claim.evidence
    assert "cycle +0.00" in claim.evidence  # a loss that never changes has no trend
    assert "adversarial +1.00" in claim.evidence
    assert claim.verdict == "does not hold"


def test_seeds_that_disagree_about_the_largest_term_leave_it_undecided(tmp_path):
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
def test_both_discriminators_must_drop_and_stay(tmp_path, d_b, verdict):
    results = Results(tmp_path, [CURVES])
    results.write_training(results.plan.runs[f"{CURVES}/0"], d_a=settled, d_b=d_b)
    claim = judged(results)["c"]
    assert claim.verdict == verdict
    assert "D of summer: 0.500 in the first epoch, then 0.255 ± 0.005." in claim.evidence


@pytest.mark.parametrize(("third", "verdict"), [(0.4, "holds"), (0.6, "does not hold")])
def test_a_discriminator_may_still_drop_in_a_tenth_of_the_epochs_but_not_rise_above_the_first(
    tmp_path, monkeypatch, third, verdict
):
    monkeypatch.setattr("tests.report.results.EPOCHS", 40)
    results = Results(tmp_path, [CURVES])
    results.write_training(results.plan.runs[f"{CURVES}/0"], d_a=settled, d_b=lambda e: third if e == 2 else settled(e))
    claim = judged(results)["c"]
    assert claim.verdict == verdict
    assert "D of winter: 0.500 in the first epoch, then 0.255 ± 0.005." in claim.evidence


def test_a_collapsed_run_leaves_the_claims_about_its_losses_open(tmp_path):
    results = Results(tmp_path, [CURVES])
    results.write_training(results.plan.runs[f"{CURVES}/0"], d_a=settled, d_b=settled)
    results.collapse(f"{CURVES}/0", "d_a")
    for letter in "abc":
        claim = judged(results)[letter]
        assert claim.verdict == "not run"
        assert "kth-summer2winter/0 collapsed: d_a no longer finite." in claim.evidence


def proposal(root, resize, plain, seeds=(0,)):
    """The claim about resize-convolution; its energy and that of deconvolution, real images having 0.002."""
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
def test_resize_convolution_must_leave_less_than_deconvolution_and_nothing_to_be_seen(tmp_path, resize, plain, verdict):
    claim = proposal(tmp_path, resize, plain)
    assert claim.verdict == verdict
    assert "proposal for future work" in claim.text
    assert f"resize-convolution {resize:.4f} (FID 100.00); deconvolution {plain:.4f} (FID 100.00)" in claim.evidence


def test_a_remainder_inside_the_spread_over_seeds_is_not_distinguishable_from_none(tmp_path):
    assert proposal(tmp_path, 0.0025, 0.05, seeds=(0, 1)).verdict == "not distinguishable"


def test_the_proposal_is_open_without_one_of_its_runs_or_with_a_collapsed_one(tmp_path):
    alone = judged(Results(tmp_path / "a", [PLAIN]))["resize"]
    assert (alone.verdict, alone.evidence) == ("not run", "Not run: kth-horse2zebra-resize.")
    results = Results(tmp_path / "b", [PLAIN, RESIZE])
    results.collapse(f"{RESIZE}/0", "d_a")
    assert judged(results)["resize"].verdict == "not run"
