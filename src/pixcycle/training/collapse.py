"""Criteria for a collapsed run, which is recorded and shown as such, never hidden or silently repeated."""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

D_AT_ZERO = 0.01
"""Loss, as the mean of its two halves, below which a discriminator is always right, and G learns nothing from it
(report 001, section 4.5)."""
EPOCHS_AT_ZERO = 0.05
"""Share of the epochs, at least two, at the end of training in which D's mean loss must stay below D_AT_ZERO."""
LEAST_DIFFERENCE = 1.0
"""Mean difference from the mean image, in grey levels of 255, below which images look the same."""


def broken(losses: dict[str, float]) -> str:
    """Return a phrase that names the losses of a step that are NaN or infinite; empty if there are none."""
    names = [name for name, value in losses.items() if not math.isfinite(value)]
    return f"{', '.join(names)} no longer finite" if names else ""


def discriminators_at_zero(history: "pd.DataFrame", discriminators: Iterable[str]) -> str:
    """Return a phrase that names the discriminators whose loss stayed at zero until the end; empty if there are none.

    Parameters
    ----------
    history
        One row for each logged step, with a column `epoch` and one for each loss.
    discriminators
        Names of the discriminators' losses.
    """
    means = history.groupby("epoch").mean()
    last = means.tail(max(2, math.ceil(EPOCHS_AT_ZERO * len(means))))
    names = [name for name in discriminators if name in last and (last[name] < D_AT_ZERO).all()]
    if len(means) < 2 or not names:
        return ""
    return f"the loss of {', '.join(names)} stayed below {D_AT_ZERO} in the last {len(last)} epochs"


def constant_output(fakes: dict[str, np.ndarray]) -> str:
    """Return a phrase that names the directions with the same image for every input; empty if there are none.

    `fakes` maps directions to the images generated from different inputs, uint8 (N, H, W, 3).
    """
    constant = [direction for direction, images in fakes.items() if _mean_difference(images) < LEAST_DIFFERENCE]
    return f"{', '.join(constant)}: every input gives the same image" if constant else ""


def _mean_difference(images: np.ndarray) -> float:
    """Return the mean difference of images from their mean image; infinite for a single image, which proves nothing."""
    if len(images) < 2:
        return math.inf
    return float(np.abs(images - images.mean(axis=0)).mean())
