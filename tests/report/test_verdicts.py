"""Comparisons of experiments whose truth is known: intervals, and how often chance decides a verdict."""

from statistics import mean
from types import SimpleNamespace

import numpy as np
import pytest

from pixcycle.report.verdicts import (
    FALSE_POSITIVES,
    LEVEL,
    RERUNS_FID,
    RULER,
    compare,
    compare_images,
    half_width,
    half_width_over_seeds,
    judge_images,
    judge_margins,
    verdict,
)

TRIALS = 2000
RERUN = RERUNS_FID / 1.96 / 2**0.5
"""Standard deviation of FID over reruns, of which 95% of pairs then differ by at most RERUNS_FID."""


class Invented:
    """Experiments named by letters, each with one FID per seed and, where given, FIDs of bootstrap samples."""

    def __init__(
        self, seeds: dict, samples: dict | None = None, extractor: str = "inception-v3", n: dict | None = None
    ):
        self.seeds, self.samples, self.extractor, self.n = seeds, samples or {}, extractor, n or {}

    def seeds_of(self, id: str, metric: str, direction: str | None = None) -> list[float]:
        return list(self.seeds[id])

    def mean(self, id: str, metric: str, direction: str | None = None) -> float:
        return mean(self.seeds[id])

    def resampled(self, id: str, metric: str, direction: str | None = None) -> list[float]:
        return self.samples.get(id, [])

    def one(self, id: str) -> SimpleNamespace:
        return SimpleNamespace(id=id, extractor=self.extractor)

    def numbers(self, run: SimpleNamespace, direction: str | None = None) -> dict[str, int]:
        return {"n_real": 100, "n_fake": self.n.get(run.id, 100)}


def normal(generator: np.random.Generator, spread: float, count: int) -> list[float]:
    return (100 + spread * generator.normal(size=count)).tolist()


@pytest.mark.parametrize("seeds", [1, 2, 3, 5])
@pytest.mark.parametrize("ratio", [1, 3, 10])
def test_compare_false_positive_rate_is_at_most_what_report_states(seeds, ratio):
    """The second one varies less; with a single seed by at most what reruns of others do."""
    generator = np.random.default_rng(10 * seeds + ratio)
    orders = [
        compare(
            Invented({"a": normal(generator, RERUN, seeds), "b": normal(generator, RERUN / ratio, seeds)}), *"ab", "fid"
        )
        for _ in range(TRIALS)
    ]
    assert sum(order != "unclear" for order in orders) / TRIALS <= FALSE_POSITIVES
    assert f"at most {FALSE_POSITIVES:.0%} of cases" in RULER


@pytest.mark.parametrize("seeds", [1, 2, 3])
def test_claim_of_many_comparisons_is_refuted_by_chance_as_rarely_as_one(seeds):
    generator, rivals = np.random.default_rng(seeds), "bcdefghijklmnop"
    wrong = 0
    for _ in range(TRIALS // 5):
        invented = Invented({id: normal(generator, RERUN, seeds) for id in ("a", *rivals)})
        orders = [compare(invented, "a", rival, "fid", among=len(rivals)) for rival in rivals]
        wrong += verdict(orders, complete=True) != "not distinguishable"
    assert wrong / (TRIALS // 5) <= LEVEL


@pytest.mark.parametrize("seeds", [2, 3])
def test_compare_finds_large_differences_over_seeds(seeds):
    invented = Invented({"a": [100.0, 103, 101][:seeds], "b": [140.0, 142, 141][:seeds]})
    assert (compare(invented, *"ab", "fid"), compare(invented, *"ba", "fid")) == ("better", "worse")


@pytest.mark.parametrize(
    ("extractor", "metric", "second", "order"),
    [
        ("inception-v3", "fid", 109.9, "unclear"),
        ("inception-v3", "fid", 110.1, "better"),
        ("efficientnet-lite0", "fid", 110.1, "unclear"),  # a tenth of the mean of the two is 10.5
        ("efficientnet-lite0", "fid", 111, "better"),
        ("inception-v3", "kid", 110.1, "unclear"),
        ("inception-v3", "ssim", 111, "worse"),
    ],
)
def test_compare_with_one_seed_is_unclear_within_differences_of_reruns(extractor, metric, second, order):
    invented = Invented({"a": [100.0], "b": [second]}, extractor=extractor)
    assert compare(invented, *"ab", metric) == order


def test_compare_with_one_seed_is_unclear_within_the_interval_over_images():
    noise = np.random.default_rng(0).normal(0, 20, 200)
    seeds = {"a": [100.0], "b": [130.0]}
    same = Invented(seeds, {"a": (100 + noise).tolist(), "b": (130 + noise).tolist()})
    apart = Invented(seeds, {"a": (100 + noise).tolist(), "b": (130 + noise[::-1]).tolist()})
    assert compare(same, *"ab", "fid") == "better"  # what both owe to the choice of images cancels
    assert compare(apart, *"ab", "fid") == "unclear"


def test_half_width_of_unequal_test_sets_adds_their_spreads():
    noise = np.random.default_rng(0).normal(0, 20, 200)
    samples = {"a": noise.tolist(), "b": noise.tolist()}
    seeds = {"a": [100.0], "b": [130.0]}
    same, other = (half_width(Invented(seeds, samples, n=n), *"ab", "fid", reruns=False) for n in ({}, {"b": 99}))
    assert same == 0 and other == pytest.approx(1.96 * 2**0.5 * noise.std(ddof=1), rel=1e-4)


def test_half_width_over_seeds_is_that_of_the_t_interval():
    assert half_width_over_seeds([1.0, 3.0]) == pytest.approx(12.706, rel=1e-4)  # t of 1 degree of freedom, times 1
    assert half_width_over_seeds([1.0]) == half_width_over_seeds([2.0, 2.0]) == 0


IMAGES = 40


def looks(generator: np.random.Generator, seeds: int, reruns: float, mean: float = 1.0) -> list[np.ndarray]:
    """Return a quantity of images for each seed, whose mean varies from rerun to rerun."""
    return [mean + reruns * generator.normal() + 0.1 * generator.normal(size=IMAGES) for _ in range(seeds)]


@pytest.mark.parametrize("seeds", [1, 2, 3])
def test_compare_images_false_positive_rate_is_at_most_what_report_states(seeds):
    generator, reruns = np.random.default_rng(seeds), 0.1 / 1.96 / 2**0.5  # 95% of pairs differ by a tenth at most
    orders = [compare_images(*(looks(generator, seeds, reruns) for _ in "ab")) for _ in range(TRIALS)]
    assert sum(order != "unclear" for order in orders) / TRIALS <= FALSE_POSITIVES


@pytest.mark.parametrize("seeds", [1, 2, 3])
def test_compare_images_finds_large_differences(seeds):
    generator = np.random.default_rng(seeds)
    low, high = (looks(generator, seeds, 0.001, mean) for mean in (1.0, 1.5))
    assert (compare_images(high, low), compare_images(low, high)) == ("better", "worse")


@pytest.mark.parametrize("seeds", [1, 2, 3])
def test_judge_images_false_positive_rate_is_that_of_its_interval(seeds):
    generator = np.random.default_rng(seeds)
    orders = [judge_images(looks(generator, seeds, 0.0), least=1.0) for _ in range(TRIALS)]
    assert sum(order != "unclear" for order in orders) / TRIALS <= FALSE_POSITIVES


def test_judge_images_needs_the_mean_to_reach_its_limit():
    values = [np.array([1.0, 1.2, 1.1])]
    assert [judge_images(values, least) for least in (0.5, 1.1, 1.7)] == ["better", "unclear", "worse"]
    assert judge_images([np.array([9.0])]) == "unclear"  # one image has no spread


def test_judge_margins_is_unclear_if_the_interval_has_0():
    margins = ([1.0], [-1.0], [1.0, 1.1], [-1.0, -1.1], [1.0, 3.0], [0.0])
    assert [judge_margins(m) for m in margins] == ["better", "worse", "better", "worse", "unclear", "better"]


def test_judge_images_of_several_is_refuted_by_a_narrow_miss_only_alone():
    values = [np.array([1.0, 1.2, 1.1, 1.0, 1.2])]  # 1.1 ± 0.12 at 5%, ± 0.26 at 5% of 20
    assert [judge_images(values, 1.3, among) for among in (1, 20)] == ["worse", "unclear"]
    assert [judge_images(values, 0.9, among) for among in (1, 20)] == ["better", "better"]
