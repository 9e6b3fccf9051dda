"""Verdicts on the claims of report 003, and the experiments that its tests judge."""

from pixcycle.report.chapters.kth.claims import claims

PLAIN, RESIZE, CURVES = "kth-horse2zebra", "kth-horse2zebra-resize", "kth-summer2winter"
CITY, APPLES = "kth-cityscapes", "kth-apple2orange"


def judged(results):
    """Return the claims by the last part of their ids."""
    return {claim.id.rsplit("-", 1)[1]: claim for claim in claims(results.draft())}
