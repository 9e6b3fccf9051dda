"""From a drawn figure to a block of the report."""

from pathlib import Path
from typing import Literal

from matplotlib import figure as matplotlib_figure

from pixcycle.report import figures
from pixcycle.report.content import Figure
from pixcycle.report.values import Values


def publish(
    picture: matplotlib_figure.Figure,
    id: str,
    caption: str,
    alt: str,
    values: Values,
    experiments: list[str],
    out: Path,
    kind: Literal["jpg", "svg"] = "jpg",
    all_seeds: bool = False,
) -> Figure:
    """Write figures/ID.jpg (images) or .svg (curves and drawings) into the report's folder `out`, and name its runs.

    The caption tells which of them collapsed, if it does not yet.

    all_seeds: whether it shows all runs of the experiments, or of each the first seed's.
    """
    caption = " ".join([caption, *(told for told in values.collapses(*experiments) if told not in caption)])
    file = Path("figures") / f"{id}.{kind}"
    figures.save(picture, out / file)
    firsts = dict.fromkeys(values.one(experiment).key for experiment in experiments)
    return Figure(id, caption, file, alt, values.keys(*experiments) if all_seeds else list(firsts))
