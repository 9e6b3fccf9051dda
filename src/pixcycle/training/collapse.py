"""When a run has collapsed: it is recorded and shown as such, never hidden and never silently repeated."""

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

D_AT_ZERO = 0.01
"""Loss below which a discriminator is always right, and G has nothing to learn from (report 001, section 4.5)."""
EPOCHS_AT_ZERO = 0.05
"""Share of the epochs, and at least two of them, at whose end D must have stayed there."""
LEAST_DIFFERENCE = 1.0
"""Mean difference, in grey levels of 255, below which two images look the same."""


def broken(losses: dict[str, float]) -> str:
    """Which of the losses of a step are NaN or infinite, as a phrase; empty if none is."""
    names = [name for name, value in losses.items() if not math.isfinite(value)]
    return f"{', '.join(names)} no longer finite" if names else ""


def discriminators_at_zero(history: "pd.DataFrame") -> str:
    """Which discriminators stayed at zero loss until the end, as a phrase; empty if none did.

    history: a row a logged step, with columns `epoch` and the losses; those of discriminators are d, d_a and d_b.
    """
    means = history.groupby("epoch").mean()
    last = means.tail(max(2, math.ceil(EPOCHS_AT_ZERO * len(means))))
    names = [name for name in ("d", "d_a", "d_b") if name in last and (last[name] < D_AT_ZERO).all()]
    if len(means) < 2 or not names:
        return ""
    return f"the loss of {', '.join(names)} stayed below {D_AT_ZERO} in the last {len(last)} epochs"


def constant_output(fakes: dict[str, np.ndarray]) -> str:
    """Which directions answer every input with the same image, as a phrase; empty if none does.

    fakes: direction -> uint8 (N, H, W, 3), of different inputs.
    """
    same = [direction for direction, images in fakes.items() if _mean_difference(images) < LEAST_DIFFERENCE]
    return f"{', '.join(same)} answers every input with one image" if same else ""


def _mean_difference(images: np.ndarray) -> float:
    """Of all images from their mean image; infinite for a single one, which says nothing."""
    if len(images) < 2:
        return math.inf
    return float(np.abs(images - images.mean(axis=0)).mean())
