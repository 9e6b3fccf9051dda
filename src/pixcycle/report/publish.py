"""Turn a drawn figure into a block of the report."""

from pathlib import Path
from typing import Literal

from matplotlib import figure as matplotlib_figure

from pixcycle.report.content import Figure
from pixcycle.report.drawing import style
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
    """Write figures/ID.jpg (images) or figures/ID.svg (curves and drawings), and return the block that shows it.

    The block names the figure's runs; its caption also says which of them collapsed.

    Parameters
    ----------
    out
        The report's folder.
    all_seeds
        Whether the figure shows the runs of all seeds, instead of the first one's only.
    """
    collapses = [sentence for sentence in values.collapses(*experiments) if sentence not in caption]
    caption = " ".join([caption, *collapses])
    file = Path("figures") / f"{id}.{kind}"
    style.save(picture, out / file)
    firsts = dict.fromkeys(values.one(experiment).key for experiment in experiments)
    return Figure(id, caption, file, alt, values.keys(*experiments) if all_seeds else list(firsts))
