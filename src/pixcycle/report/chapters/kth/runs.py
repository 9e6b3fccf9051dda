"""The runs of report 003, and the values of them that both figures and claims read."""

import pandas as pd

from pixcycle.params.experiment import Experiment
from pixcycle.paths import TARGET
from pixcycle.plan.runs import Run
from pixcycle.report.draft import Draft

RUNS = ("kth-horse2zebra", "kth-apple2orange", "kth-summer2winter", "kth-cityscapes")
"""The runs of the report itself."""
RESIZE, DECONVOLUTION = "kth-horse2zebra-resize", "kth-horse2zebra"
CURVES = "kth-summer2winter"
"""The run of Figure 8, whose losses claims b, c and g are about."""
CITY = "kth-cityscapes"
"""The run of Figures 9 to 12, from label to photo."""


def weights(e: Experiment) -> dict[str, float]:
    """Return the factors of the cycle and identity terms in the total loss."""
    return {"cycle": e.lambda_reconstruction, "identity": e.lambda_reconstruction * e.lambda_identity}


def weighted(history: pd.DataFrame, e: Experiment) -> pd.DataFrame:
    """Return the losses of a CycleGAN, with G's terms multiplied by their weights, so that they add up to g."""
    factors = {c: factor for term, factor in weights(e).items() for c in history if c.startswith(f"{term}_")}
    return history.assign(**{column: history[column] * factor for column, factor in factors.items()})


def finished(draft: Draft, experiment: str) -> list[Run]:
    """Return the runs of an experiment that did not collapse; a collapsed run allows no further statement."""
    return [run for run in draft.runs.get(experiment, []) if draft.records[run.key].status == "finished"]


def energies(draft: Draft, run: Run, direction: str) -> pd.Series:
    """Return the checkerboard energy of a run's sampled images, indexed by epoch in ascending order."""
    rows = [row for row in draft.measured[run.key].samples if row.direction == direction]
    return pd.Series({row.epoch: row.checkerboard for row in rows}).sort_index()


def real_energy(draft: Draft, run: Run, direction: str) -> float:
    """Return the checkerboard energy of the real test images of a direction's target domain."""
    return draft.measured[run.key].real[TARGET[direction]]["checkerboard"]
