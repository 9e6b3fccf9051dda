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
    judge_course,
    judge_images,
    judge_limits,
    verdict,
    verdict_of_seeds,
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
def test_judge_images_false_positive_rate_is_at_most_what_report_states(seeds):
    generator, reruns = np.random.default_rng(seeds), 0.1 / 1.96
    orders = [judge_images(looks(generator, seeds, reruns), 1.0, least=1.0) for _ in range(TRIALS)]
    assert sum(order != "unclear" for order in orders) / TRIALS <= FALSE_POSITIVES


def test_judge_images_needs_the_mean_to_reach_its_limit():
    values = [np.array([1.0, 1.2, 1.1])]
    assert [judge_images(values, 1.1, least) for least in (0.5, 1.1, 1.7)] == ["better", "unclear", "worse"]
    assert [judge_images(values, level, 0.5) for level in (1.0, 10.0)] == ["better", "unclear"]  # a tenth of 10 is 1
    assert judge_images([np.array([9.0])], 9.0) == "unclear"  # one image has no spread


def test_judge_images_of_several_is_refuted_by_a_narrow_miss_only_alone():
    values = [np.array([1.0, 1.2, 1.1, 1.0, 1.2])]  # 1.1 ± 0.12 at 5%, ± 0.26 at 5% of 20
    assert [judge_images(values, 0.0, 1.3, among) for among in (1, 20)] == ["worse", "unclear"]
    assert [judge_images(values, 0.0, 0.9, among) for among in (1, 20)] == ["better", "better"]


@pytest.mark.parametrize(
    ("conditions", "order"),
    [
        ([(1.0, 0.8)], "better"),
        ([(0.85, 0.8)], "unclear"),  # reruns of one recipe differ by a tenth
        ([(0.8, 1.0)], "worse"),
        ([(0.0, 0.0)], "unclear"),
        ([(1.1, 1.0), (1.1, 1.0)], "better"),  # two seeds: what they differ by counts
        ([(2.0, 1.0), (4.0, 1.0)], "unclear"),  # 2 ± 12.7
        ([(0.9, 1.0), (0.9, 1.0)], "worse"),
    ],
)
def test_judge_limits_is_unclear_near_a_limit_or_if_seeds_differ(conditions, order):
    assert judge_limits(conditions) == order


def test_judge_course_is_as_bad_as_its_worst_condition():
    clear, near, missed = (1.0, 0.5), (1.0, 0.95), (0.5, 1.0)
    courses = ([clear, clear], [clear, near], [near, missed, clear])
    assert [judge_course(course) for course in courses] == ["better", "unclear", "worse"]


def test_verdict_of_seeds_needs_all_to_agree():
    seeds = {"holds": ["better"] * 2, "does not hold": ["worse"], "not run": []}
    assert [verdict_of_seeds(orders) for orders in seeds.values()] == [*seeds]
    assert verdict_of_seeds(["better", "worse"]) == verdict_of_seeds(["unclear"]) == "not distinguishable"
