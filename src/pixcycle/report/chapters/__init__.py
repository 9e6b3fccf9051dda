"""The chapters of the report: one folder per chapter, named by its key in params.yaml.

The ``sections.py`` of a folder defines ``sections(values, out)``, which is called if at least one of the chapter's
experiments was run.
"""

from importlib import import_module
from pathlib import Path

from pixcycle.report.content import Section
from pixcycle.report.values import Values


def sections_of(key: str, values: Values, out: Path) -> list[Section]:
    """Return the tables, figures and claims of a chapter, and write its figures below `out`."""
    return import_module(f"{__name__}.{key}.sections").sections(values, out)
