"""The claim of report 004, which only a study with people can decide."""

from typing import Any

from pixcycle.report.content import Claim
from pixcycle.report.draft import Draft
from pixcycle.report.studies import percent
from pixcycle.study.result import Share

CYCLEGAN = "CycleGAN (ours)"
"""Row of CycleGAN in Table 1; the other rows are its competitors."""
SHOWN_IN = {"kaist-claim-a": ("kaist-table-1",)}
TASKS = {"map_to_photo": "Map → photo", "photo_to_map": "Photo → map"}
"""Column of the files of perceptual studies -> title."""
DIRECTIONS = {"map_to_photo": "b_to_a", "photo_to_map": "a_to_b"}
"""Column of the files of perceptual studies -> direction of kaist-maps."""


def claims(draft: Draft) -> list[Claim]:
    """Return claim a.

    Its verdict is always "not run", as there are no runs of the competitors. The evidence compares published values.
    """
    table = draft.read_published("kaist-table-1").set_index("row")
    cyclegan, competitors = table.loc[CYCLEGAN], table.drop(CYCLEGAN)
    ratios, comparisons = [], []
    for task, title in TASKS.items():
        best = competitors.loc[competitors[task].idxmax()]
        ratios.append(cyclegan[task] / best[task])
        comparisons.append(f"{title}: {percentage(cyclegan, task)} against {percentage(best, task)} of {best.name}.")
    ours = [f"{TASKS[task]}: {percent(share)}." for task, share in studies_of_maps(draft).items()]
    study = f"Of our images, in a study of its own: {' '.join(ours)}" if ours else "Nobody was asked about our images."
    evidence = (
        f"{study} As published, CycleGAN fooled them at least {min(ratios):.1f} times "
        f"as often as the best competitor of the same task. {' '.join(comparisons)}"
    )
    text = "CycleGAN fools people far more often than the four competing methods, on maps ↔ aerial photos."
    return [draft.claim("kaist-claim-a", text, "not run", [evidence])]


def studies_of_maps(draft: Draft) -> dict[str, Share]:
    """Return the results of our perceptual studies of kaist-maps, by column of the published table."""
    if "kaist-maps" not in draft:
        return {}
    shares = {task: draft.study("kaist-maps", direction) for task, direction in DIRECTIONS.items()}
    return {task: share for task, share in shares.items() if share}


def percentage(row: Any, task: str) -> str:
    """Format a row of a perceptual study as `26.8% ± 2.8%`."""
    return f"{row[task]:.1f}% ± {row[f'{task}_error']:.1f}%"
