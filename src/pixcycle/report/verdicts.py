"""Verdicts on claims, derived from comparisons of experiments."""

from collections.abc import Sequence
from math import hypot, inf
from statistics import NormalDist, mean
from typing import Literal

import numpy as np

from pixcycle.metrics.bootstrap import SAMPLES
from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.metrics.registry import SCORES
from pixcycle.paths import Direction
from pixcycle.report.content import Verdict
from pixcycle.report.values import Values

Order = Literal["better", "worse", "unclear"]
Condition = tuple[float, float]
"""What a training reaches, and what it must reach."""

LEVEL = 0.05
"""Share of intervals of a difference that are meant to miss the truth."""
FALSE_POSITIVES = 0.07
"""Share of comparisons of equally good experiments that come out one way or the other, at most. LEVEL is exceeded with
two or three seeds, where one experiment varies several times as much as the other."""
RERUNS_FID = 10.0
"""Difference that 95% of pairs of trainings of one recipe are taken to stay within: others' differ by 1 to 9 FID, see
docs/metrics.md."""
RERUNS = 0.1
"""The same as a fraction of the mean, for other scores and for FIDs of other features, whose scale is their own."""

RULER = (
    "A claim holds if every comparison that it consists of comes out as it says, and does not hold if one comes out "
    "the other way; it is judged on the datasets that were run, and the others are named: it then holds on those run. "
    "It counts as not run while comparisons on a dataset that was run are missing and could still refute it. A "
    "difference inside its 95% interval is not distinguishable. Over several seeds that is Welch's t-interval. With a "
    f"single seed it adds the spread of FID and KID over test images ({SAMPLES} bootstrap samples, the same for both "
    f"experiments) to that of reruns of one recipe, taken as {RERUNS_FID:.0f} FID, or as {RERUNS:.0%} of the mean for "
    "other scores and for features that are not those of published FIDs. Chance takes one of two equally good "
    f"experiments for better in at most {FALSE_POSITIVES:.0%} of cases; with a single seed it does so more often if "
    f"reruns differ more than that. One of several comparisons refutes a claim only at {LEVEL:.0%} divided by their "
    "number. Where a training is judged against a fixed limit, such as one on the course of its losses, it must be "
    f"beyond it by more than {RERUNS:.0%} with one seed; such judgements have no such rate."
)

NO_RUN = "Its runs are not part of this report."
NOT_FINITE = "{}: not judged, as its losses did not stay finite."
DOUBTED: dict[Order, str] = {"better": "", "worse": "", "unclear": " It is too close to call."}
"""What follows a sentence on one training, by its order."""


def compare(
    values: Values, first: str, second: str, metric: str, among: int = 1, direction: Direction | None = None
) -> Order:
    """Return whether the first experiment's metric is better; unclear if noise could explain the difference.

    Parameters
    ----------
    direction
        The direction to compare; by default the scored one.
    among
        Number of comparisons of which one that comes out worse refutes the claim.
    """
    difference = values.mean(first, metric, direction) - values.mean(second, metric, direction)
    better = difference * SCORES[metric].sign < 0
    level = LEVEL if better else LEVEL / among
    if abs(difference) <= half_width(values, first, second, metric, level, direction=direction):
        return "unclear"
    return "better" if better else "worse"


def half_width(
    values: Values,
    first: str,
    second: str,
    metric: str,
    level: float = LEVEL,
    reruns: bool = True,
    direction: Direction | None = None,
) -> float:
    """Return half the width of the interval of the difference of two experiments at a level.

    With two seeds or more of both it is Welch's t-interval: where one experiment varies more than the other, the pooled
    interval would miss the truth up to 13 instead of 5 times in 100. With one seed it is the normal interval from the
    spread of the difference over bootstrap samples and, if `reruns`, the spread of reruns of one recipe.
    """
    seeds = [values.seeds_of(experiment, metric, direction) for experiment in (first, second)]
    if min(map(len, seeds)) > 1:
        return _t_half_width(seeds, level)
    spread = NormalDist().inv_cdf(1 - level / 2) * spread_over_images(values, first, second, metric, direction)
    if not reruns:
        return spread
    scale = (abs(values.mean(first, metric, direction)) + abs(values.mean(second, metric, direction))) / 2
    inception = metric == "fid" and EXTRACTORS[values.one(first).extractor].comparable
    floor = RERUNS_FID if inception else RERUNS * scale
    return hypot(spread, floor * _wider(level))


def spread_over_images(
    values: Values, first: str, second: str, metric: str, direction: Direction | None = None
) -> float:
    """Return the standard deviation of the difference of two experiments over bootstrap samples of the test images.

    On test sets of equal size both were measured on the same samples, otherwise on independent ones. It is 0 for
    scores without samples.
    """
    a, b = (np.array(values.resampled(experiment, metric, direction)) for experiment in (first, second))
    if not a.size or not b.size:
        return 0.0
    one, other = (values.numbers(values.one(experiment), direction) for experiment in (first, second))
    same_samples = all(one[count] == other[count] for count in ("n_real", "n_fake"))
    return float(np.std(a - b, ddof=1)) if same_samples else hypot(np.std(a, ddof=1), np.std(b, ddof=1))


def judge_limits(conditions: Sequence[Condition], within: float = 0.0) -> Order:
    """Judge conditions, one per seed, for one thing that a training must reach.

    With one seed it is unclear within a fraction RERUNS of the two values, as reruns may cross the limit; with several
    if the 95% t-interval of the excess has 0.

    Parameters
    ----------
    within
        Half the width of the interval of a single seed's excess, if it is known.
    """
    excess = [value - least for value, least in conditions]
    of_one = hypot(RERUNS * mean(map(abs, conditions[0])), within)
    half_width = _t_half_width([excess], LEVEL) if len(excess) > 1 else of_one
    if abs(mean(excess)) <= half_width:
        return "unclear"
    return "better" if mean(excess) > 0 else "worse"


def judge_course(conditions: Sequence[Condition]) -> Order:
    """Judge one training by all that it must reach: `worse` if it clearly misses one, unclear if that is not sure."""
    orders = {judge_limits([condition]) for condition in conditions}
    return "worse" if "worse" in orders else "unclear" if "unclear" in orders else "better"


def judge_images(values: Sequence[np.ndarray], scale: float, least: float = 0.0, among: int = 1) -> Order:
    """Judge a difference of test images whose mean must reach `least`; unclear if its 95% interval has that value.

    With a single seed the interval adds the spread over images to that of reruns of one recipe, as in
    `compare_images`.

    Parameters
    ----------
    values
        (N,) for each seed.
    scale
        What reruns of one recipe differ by a fraction RERUNS of.
    among
        See `compare`.
    """
    means = [float(images.mean()) for images in values]
    difference = mean(means) - least
    level = LEVEL if difference > 0 else LEVEL / among
    half_width = _t_half_width([means], level) if len(means) > 1 else _of_one_seed(values[0], scale, level)
    if abs(difference) <= half_width:
        return "unclear"
    return "better" if difference > 0 else "worse"


def compare_images(first: Sequence[np.ndarray], second: Sequence[np.ndarray], among: int = 1) -> Order:
    """Return whether a quantity of test images is greater in the first experiment (`better`) than in the second.

    With a single seed the interval adds the spread of the difference over images to that of reruns of one recipe,
    taken as a fraction RERUNS of the mean.

    Parameters
    ----------
    first, second
        (N,) for each seed, of the same N images.
    among
        See `compare`.
    """
    means = [[float(images.mean()) for images in seeds] for seeds in (first, second)]
    difference = mean(means[0]) - mean(means[1])
    level = LEVEL if difference > 0 else LEVEL / among
    if min(map(len, means)) > 1:
        half_width = _t_half_width(means, level)
    else:
        half_width = _of_one_seed(first[0] - second[0], (abs(mean(means[0])) + abs(mean(means[1]))) / 2, level)
    if abs(difference) <= half_width:
        return "unclear"
    return "better" if difference > 0 else "worse"


def welch_half_width(first: Sequence[float], second: Sequence[float]) -> float:
    """Return half the width of the 95% interval of the difference of two means; infinite if one is of one value."""
    return _t_half_width([first, second], LEVEL) if min(len(first), len(second)) > 1 else inf


def _of_one_seed(difference: np.ndarray, scale: float, level: float) -> float:
    """Return half the width of the interval of a mean difference of images, (N,); infinite for a single image.

    It is that over images and that of reruns, which differ by a fraction RERUNS of `scale`.
    """
    if len(difference) < 2:
        return inf
    return hypot(_t_half_width([difference.tolist()], level), RERUNS * abs(scale) * _wider(level))


def _wider(level: float) -> float:
    """Return how many times as wide a normal interval of this level is as that of LEVEL."""
    normal = NormalDist()
    return normal.inv_cdf(1 - level / 2) / normal.inv_cdf(1 - LEVEL / 2)


def _t_half_width(samples: Sequence[Sequence[float]], level: float) -> float:
    """Return half the width of the t-interval of a mean or, given two samples, of the difference of their means."""
    from scipy.stats import ttest_1samp, ttest_ind  # imported late: reports on single seeds do without

    if all(len(set(sample)) == 1 for sample in samples):
        return 0.0  # SciPy's interval is NaN
    test = ttest_1samp(samples[0], 0) if len(samples) == 1 else ttest_ind(*samples, equal_var=False)
    low, high = test.confidence_interval(1 - level)
    return float(high - low) / 2


def verdict(orders: list[Order], complete: bool) -> Verdict:
    """Return the verdict on a claim that says `better` for each comparison.

    Parameters
    ----------
    complete
        Whether all comparisons could be made.
    """
    if "worse" in orders:
        return "does not hold"
    if not orders or not complete:
        return "not run"
    return "not distinguishable" if "unclear" in orders else "holds"


def verdict_of_seeds(orders: Sequence[Order]) -> Verdict:
    """Return the verdict on a claim that each seed's run confirms (`better`) or not; without judged runs `not run`."""
    if not orders:
        return "not run"
    return "holds" if {*orders} == {"better"} else "does not hold" if {*orders} == {"worse"} else "not distinguishable"
