"""The claim of report 004, which only people can judge."""

from typing import Any

from pixcycle.report.comparison import read_published
from pixcycle.report.content import Claim
from pixcycle.report.studies import percent
from pixcycle.report.values import Values
from pixcycle.study.result import Share

CYCLEGAN = "CycleGAN (ours)"
"""Its row of Table 1; the others are the competitors."""
SHOWN_IN = {"kaist-claim-a": ("kaist-table-1",)}
TASKS = {"map_to_photo": "Map → photo", "photo_to_map": "Photo → map"}
"""Columns of the files of perceptual studies -> their titles."""
DIRECTIONS = {"map_to_photo": "b_to_a", "photo_to_map": "a_to_b"}
"""The same columns -> directions of kaist-maps."""


def claims(values: Values) -> list[Claim]:
    """Claim a, not judged for want of the competitors; its evidence is how far apart the published values are."""
    table = read_published("kaist-table-1", values.root).set_index("row")
    cyclegan, competitors = table.loc[CYCLEGAN], table.drop(CYCLEGAN)
    ratios, told = [], []
    for task, title in TASKS.items():
        best = competitors.loc[competitors[task].idxmax()]
        ratios.append(cyclegan[task] / best[task])
        told.append(f"{title}: {percentage(cyclegan, task)} against {percentage(best, task)} of {best.name}.")
    ours = [f"{TASKS[task]}: {percent(share)}." for task, share in studies_of_maps(values).items()]
    asked = f"Of our images, in a study of its own: {' '.join(ours)}" if ours else "Nobody was asked about our images."
    evidence = (
        f"{asked} As published, CycleGAN fooled them at least {min(ratios):.1f} times "
        f"as often as the best competitor of the same task. {' '.join(told)}"
    )
    text = "CycleGAN fools people far more often than the four competing methods, on maps ↔ aerial photos."
    return [Claim("kaist-claim-a", text, "not run", evidence)]


def studies_of_maps(values: Values) -> dict[str, Share]:
    """What people said of our run of its task, by column of the published table."""
    if "kaist-maps" not in values:
        return {}
    found = {task: values.study("kaist-maps", direction) for task, direction in DIRECTIONS.items()}
    return {task: share for task, share in found.items() if share}


def percentage(row: Any, task: str) -> str:
    """`26.8% ± 2.8%`, from a row of a perceptual study."""
    return f"{row[task]:.1f}% ± {row[f'{task}_error']:.1f}%"
