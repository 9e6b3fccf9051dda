"""One module a report: its tables, figures and claims as sections of our report."""

from collections.abc import Callable
from pathlib import Path

from pixcycle.report.chapters import kaist, kth, paris, ucsd, wustl
from pixcycle.report.content import Section
from pixcycle.report.values import Values

CHAPTERS: dict[str, Callable[[Values, Path], list[Section]]] = {
    "ucsd": ucsd.sections,
    "wustl": wustl.sections,
    "paris": paris.sections,
    "kth": kth.sections,
    "kaist": kaist.sections,
}
"""Chapter key -> sections(values, report folder), called if one of its experiments was run."""
