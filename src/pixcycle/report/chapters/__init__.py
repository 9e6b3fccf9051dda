"""One module a report: its tables, figures and claims as sections of our report."""

from collections.abc import Callable
from pathlib import Path

from pixcycle.report.chapters import ucsd
from pixcycle.report.content import Section
from pixcycle.report.values import Values

CHAPTERS: dict[str, Callable[[Values, Path, Path], list[Section]]] = {"ucsd": ucsd.sections}
"""Chapter key -> sections(values, project folder, report folder), called if one of its experiments was run."""
