"""Training as run by the workflow's job."""

from collections.abc import Sequence
from pathlib import Path

from pixcycle.inference.test_split import sampler
from pixcycle.plan.runs import Run
from pixcycle.training import loop


def train(run: Run, prepared: Path, out: Path, weights: Sequence[Path] = ()) -> None:
    """Train, and translate a few test images during training."""
    loop.train(run, prepared, out, sampler(run.config, prepared, run.seed), weights)
