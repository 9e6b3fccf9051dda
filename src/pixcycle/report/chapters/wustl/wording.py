"""Numbers and sentences that several parts of the chapter word alike."""

import numpy as np

from pixcycle.plan.runs import Run
from pixcycle.report.draft import Draft


def digits(number: float) -> str:
    """Format a number with three significant digits and no exponent."""
    return np.format_float_positional(number, precision=3, fractional=False, trim="-")


def shorter(draft: Draft, run: Run) -> list[str]:
    """Return a sentence on a run with fewer epochs than the report's, for a caption."""
    ours, published = run.config.epochs, draft.as_published(run).epochs
    return [f"Trained for {ours} epochs, in the report for {published}."] if ours != published else []
