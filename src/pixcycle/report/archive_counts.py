"""Images as a report counts them, beside those that the published archives hold."""

from collections.abc import Callable

from pixcycle.paths import PUBLISHED
from pixcycle.report.content import Cell, Column, Table
from pixcycle.report.published import NOT_RUN, NOTHING, read_published
from pixcycle.report.values import Values

COLUMNS = [Column(title, numeric=False) for title in ("Images", "Dataset", "Section")]
COLUMNS += [Column(title) for title in ("report", "archive", "difference", "found")]


def archive_counts(values: Values, chapter: str) -> list[Table]:
    """Return a table of the counts in reports/published/CHAPTER-counts.csv; none if there is no such file.

    The file has the columns row, dataset, folders (as distributed, separated by spaces), section and images.
    """
    name = f"{chapter}-counts"
    if not (values.root / PUBLISHED / f"{name}.csv").exists():
        return []
    rows = []
    for stated in read_published(name, values.root).itertuples():
        if stated.dataset not in values.plan.params.datasets:
            continue
        folders = stated.folders.split()
        archive = _sum(values.plan.params.datasets[stated.dataset].published.get, folders)
        numbers = [Cell(str(stated.images), "published"), NOTHING, NOTHING]
        if archive is not None:
            difference = stated.images - archive
            numbers[1:] = [Cell(str(archive), "published"), Cell(f"{difference:+d}" if difference else "0")]
        places = [Cell(stated.row), Cell(stated.dataset), Cell(str(stated.section))]
        rows.append([*places, *numbers, _found(values, stated.dataset, folders)])
    notes = ["Difference: the report's count less the archive's. Found: in the archive that was read here."]
    if any(row[-1] == NOTHING for row in rows):
        notes.append("–: another dataset stands in, which has no such images.")
    caption = "Images as the report counts them, and as the published archives hold them"
    return [Table(name, caption, COLUMNS, rows, notes)]


def _found(values: Values, dataset: str, folders: list[str]) -> Cell:
    run = next((run for run, *_ in values.runs.values() if run.asked_dataset == dataset), None)
    if run is None:
        return NOT_RUN
    counts = {folder: count.found for folder, count in values.manifests[run.data].card.counts.items()}
    found = None if dataset in values.stand_ins else _sum(counts.get, folders)
    return NOTHING if found is None else Cell(str(found))


def _sum(count_of: Callable[[str], int | None], folders: list[str]) -> int | None:
    """Return the images in all folders, or None if the count of one is unknown."""
    counts = [count_of(folder) for folder in folders]
    return None if None in counts else sum(counts)
