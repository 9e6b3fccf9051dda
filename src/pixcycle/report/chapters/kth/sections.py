"""Report 003, `Exploring: Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks`: tables."""

from pixcycle.paths import TARGET
from pixcycle.report.chapters.kth.claims import SHOWN_IN, claims
from pixcycle.report.chapters.kth.figures import figures
from pixcycle.report.chapters.kth.runs import RESIZE, RUNS
from pixcycle.report.content import Cell, Column, Section, Table
from pixcycle.report.draft import Draft
from pixcycle.report.published import NOT_RUN, NOTHING

METRICS = ("fid", "kid", "precision", "recall", "checkerboard")


def sections(draft: Draft) -> list[Section]:
    """Return the results, figures and claims of the chapter, for the experiments that were run."""
    return draft.sections("kth", [_quality(draft), _counts(draft)], figures(draft), claims(draft), SHOWN_IN)


def _quality(draft: Draft) -> Table:
    """Return the quality of the report's runs, its proposal and the user's own experiments, in both directions."""
    rows = [(id, direction) for id in dict.fromkeys([*RUNS, RESIZE, *draft.of_chapter("kth")]) for direction in TARGET]
    caption = (
        "Both directions of the report's four runs and of its proposal for future work; it prints no numbers itself"
    )
    return draft.quality_table("kth-quality", caption, rows, METRICS)


def _counts(draft: Draft) -> Table:
    """Return the numbers of training images: of section 3.1, of the published archive, and as found in it."""
    columns = [Column("Training images", numeric=False), Column("Dataset", numeric=False)]
    columns += [Column(title) for title in ("report", "archive", "difference", "found")]
    rows = []
    for row in draft.read_published("kth-section-3.1").itertuples():
        archive = draft.plan.params.datasets[row.dataset].published[row.folder]
        published = [Cell(str(row.images), "published"), Cell(str(archive), "published")]
        difference, counted = Cell(f"{row.images - archive:+d}"), _found(draft, row.dataset, row.folder)
        rows.append([Cell(row.row), Cell(row.dataset), *published, difference, counted])
    caption = "Training images as section 3.1 of the report counts them, and as the published archives hold them"
    notes = ["Difference: the report's count less the archive's. Found: in the archive that was read here."]
    if any(row[-1] == NOTHING for row in rows):
        notes.append("–: another dataset stands in, which has no such images.")
    return Table("kth-counts", caption, columns, rows, notes)


def _found(draft: Draft, dataset: str, folder: str) -> Cell:
    run = next((run for run, *_ in draft.runs.values() if run.asked_dataset == dataset), None)
    if run is None:
        return NOT_RUN
    if dataset in draft.stand_ins:
        return NOTHING
    return Cell(str(draft.manifests[run.data].card.counts[folder].found))
