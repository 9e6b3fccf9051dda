"""The claims of report 003, a to g, and its proposal for future work."""

from pixcycle.report.chapters.kth.checkerboard import checkerboard_claims
from pixcycle.report.chapters.kth.curves import curve_claims
from pixcycle.report.chapters.kth.looks import look_claims
from pixcycle.report.content import Claim
from pixcycle.report.draft import Draft

SHOWN_IN = {
    "kth-claim-a": ("kth-checkerboard",),
    "kth-claim-b": ("kth-figure-8",),
    "kth-claim-c": ("kth-figure-8",),
    "kth-claim-d": ("kth-checkerboard", "kth-figure-9-12"),
    "kth-claim-e": ("kth-figure-9-12", "kth-figure-2-5"),
    "kth-claim-f": ("kth-figure-6",),
    "kth-claim-g": ("kth-figure-8",),
    "kth-claim-resize": ("kth-quality", "kth-checkerboard"),
}


def claims(draft: Draft) -> list[Claim]:
    """Return claims a to g and the proposal."""
    fades, minimal, resize = checkerboard_claims(draft)
    dominates, settle, rises = curve_claims(draft)
    return [fades, dominates, settle, minimal, *look_claims(draft), rises, resize]
