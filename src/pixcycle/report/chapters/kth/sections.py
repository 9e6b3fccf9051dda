"""Report 003, `Exploring: Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks`: tables."""

from pixcycle.paths import TARGET
from pixcycle.report.chapters.kth.claims import SHOWN_IN, claims
from pixcycle.report.chapters.kth.figures import figures
from pixcycle.report.chapters.kth.losses import first_losses
from pixcycle.report.chapters.kth.runs import RESIZE, RUNS
from pixcycle.report.content import Section, Table
from pixcycle.report.draft import Draft

METRICS = ("fid", "kid", "precision", "recall", "checkerboard")


def sections(draft: Draft) -> list[Section]:
    """Return the results, figures and claims of the chapter, for the experiments that were run."""
    return draft.sections("kth", [_quality(draft), *first_losses(draft)], figures(draft), claims(draft), SHOWN_IN)


def _quality(draft: Draft) -> Table:
    """Return the quality of the report's runs, its proposal and the user's own experiments, in both directions."""
    rows = [(id, direction) for id in dict.fromkeys([*RUNS, RESIZE, *draft.of_chapter("kth")]) for direction in TARGET]
    caption = (
        "Both directions of the report's four runs and of its proposal for future work; it prints no numbers itself"
    )
    return draft.quality_table("kth-quality", caption, rows, METRICS)
