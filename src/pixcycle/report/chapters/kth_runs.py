"""The runs of report 003, and what both its figures and its claims read of them."""

import pandas as pd

from pixcycle.report.values import Values
from pixcycle.runs import Run
from pixcycle.schema import Experiment
from pixcycle.translations import TARGET

RUNS = ("kth-horse2zebra", "kth-apple2orange", "kth-summer2winter", "kth-cityscapes")
"""The report's own."""
RESIZE, DECONVOLUTION = "kth-horse2zebra-resize", "kth-horse2zebra"
CURVES = "kth-summer2winter"
"""The run whose losses the report shows in Figure 8, and claims b and c are about."""


def weights(e: Experiment) -> dict[str, float]:
    """What the total multiplies its cycle and identity terms with."""
    return {"cycle": e.lambda_reconstruction, "identity": e.lambda_reconstruction * e.lambda_identity}


def weighted(history: pd.DataFrame, e: Experiment) -> pd.DataFrame:
    """The losses of a CycleGAN with G's terms as they enter its total, so that they add up to g."""
    factors = {c: factor for term, factor in weights(e).items() for c in history if c.startswith(f"{term}_")}
    return history.assign(**{column: history[column] * factor for column, factor in factors.items()})


def energies(values: Values, run: Run, direction: str) -> pd.Series:
    """Checkerboard energy of a run's sampled images by the epoch after which they were made, ascending."""
    rows = [row for row in values.measured[run.key]["samples"] if row["direction"] == direction]
    return pd.Series({row["epoch"]: row["checkerboard"] for row in rows}).sort_index()


def real_energy(values: Values, run: Run, direction: str) -> float:
    """Checkerboard energy of the real test images that a direction imitates."""
    return values.measured[run.key]["real"][TARGET[direction]]["checkerboard"]
