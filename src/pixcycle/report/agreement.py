"""Whether one of our values agrees with the published one."""

from math import hypot, sqrt
from typing import Literal

from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.report.rulers import is_ruled, mean_of, spread_of
from pixcycle.report.values import Values
from pixcycle.report.verdicts import LEVEL, RERUNS, RERUNS_FID

AGREEMENT = (
    f"A published number is one training by others. Ours agrees if they differ by at most {RERUNS_FID:.0f} FID, or "
    f"{RERUNS:.0%} of their mean for other scores, within which reruns of one recipe are taken to stay; with one seed "
    "the 95% interval over test images widens that, with several seeds the 95% interval in which one more training "
    "would fall."
)


def agreement(values: Values, experiment: str, metric: str, published: float) -> Literal["agrees", "differs"]:
    """Return whether our mean lies as near to a published value as reruns of one recipe lie to each other.

    Both must be measured with one ruler, see `rulers.difference`.
    """
    ours, ruled = mean_of(values, experiment, metric), is_ruled(values, experiment, metric)
    inception = metric == "fid" and (ruled or EXTRACTORS[values.one(experiment).extractor].comparable)
    reruns = RERUNS_FID if inception else RERUNS * (abs(ours) + abs(published)) / 2
    seeds, spread = len(values.runs[experiment]), spread_of(values, experiment, metric)
    if spread is None:
        images = None if ruled else values.half_interval(experiment, metric)  # no samples are drawn for a ruler
        allowed = hypot(reruns, images or 0.0)
    else:
        allowed = max(reruns, prediction_half_width(spread, seeds))
    return "agrees" if abs(ours - published) <= allowed else "differs"


def prediction_half_width(spread: float, seeds: int) -> float:
    """Return half the width of the interval in which one more training falls: t s sqrt(1 + 1/n), two seeds at least.

    Parameters
    ----------
    spread
        Standard deviation over seeds.
    """
    from scipy.stats import t  # imported late: reports on single seeds do without

    return float(t.ppf(1 - LEVEL / 2, seeds - 1)) * spread * sqrt(1 + 1 / seeds)
