"""Names of losses that are the same for both directions of translation."""

import pandas as pd

from pixcycle.plan.runs import Run


def with_direction_left_out(history: pd.DataFrame, run: Run) -> pd.DataFrame:
    """Return a history whose losses of the trained direction x to y are called g_gan, cycle_x and d."""
    x, y = run.config.direction[0], run.config.direction[-1]
    return history.rename(columns={f"g_{x}{y}_gan": "g_gan", f"cycle_{x}": "cycle_x", f"d_{y}": "d"})
