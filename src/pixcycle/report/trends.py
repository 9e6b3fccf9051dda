"""Trends of losses over a training: whether a loss falls, by its epoch means."""

import numpy as np
import pandas as pd

from pixcycle.report.verdicts import Condition

TREND = 0.8
"""Smallest absolute rank correlation of a loss with the epoch that counts as a trend (-0.8 and below: it falls)."""
EARLY = 0.1
"""Fraction of the epochs, at least one, in which a loss may drop that stays low afterwards."""
STABLE = 0.25
"""Maximum standard deviation of the later epoch means of a stable loss, as a fraction of its drop. A steady fall to the
end has nearly a half; independent noise has less than a quarter once in a thousand times."""
FEWEST = 5
"""Number of later epochs below which nothing is said of their spread."""


def is_finite(history: pd.DataFrame) -> bool:
    """Return whether all losses are finite; a history with NaN or infinity cannot be judged."""
    return bool(np.isfinite(history).all(axis=None))


def trend(history: pd.DataFrame, term: str) -> float:
    """Return the rank correlation of a loss's epoch means with the epoch, to six digits: rounding must not decide.

    A constant loss has no rank correlation and gives 0. All values of `history` must be finite.
    """
    means = history.groupby("epoch", as_index=False)[term].mean()
    if means[term].nunique() < 2:
        return 0.0
    return round(float(means.corr("spearman").loc["epoch", term]), 6)


def later_means(history: pd.DataFrame, term: str) -> pd.Series:
    """Return the epoch means of a loss after the EARLY epochs, indexed by epoch."""
    means = history.groupby("epoch")[term].mean()
    return means.iloc[max(1, round(EARLY * len(means))) :]


def early_drop(history: pd.DataFrame, term: str) -> Condition | None:
    """Return the condition that a loss drops in the EARLY epochs, and stays STABLE; None if it does not drop.

    Without a trend the rank correlation of such a loss is small, though it is lower in the end than in the beginning.
    """
    later = later_means(history, term)
    drop = history.groupby("epoch")[term].mean().iloc[0] - later.mean()
    return (float(STABLE * drop), float(later.std())) if len(later) >= FEWEST and drop > 0 else None


def fall(history: pd.DataFrame, term: str) -> Condition:
    """Return the condition that a loss falls, over the whole training or early and for good, by what shows it more."""
    return max(_trends_down(history, term), key=_excess)


def no_pattern(history: pd.DataFrame, term: str) -> Condition:
    """Return the condition that a loss neither falls nor rises."""
    reached, least = max([*_trends_down(history, term), (trend(history, term), TREND)], key=_excess)
    return least, reached


def _trends_down(history: pd.DataFrame, term: str) -> list[Condition]:
    early = early_drop(history, term)
    return [(-trend(history, term), TREND), *([early] if early else [])]


def _excess(condition: Condition) -> float:
    """Return by how much a condition is exceeded, as a fraction of both of its values."""
    reached, least = condition
    return (reached - least) / (abs(reached) + abs(least))
