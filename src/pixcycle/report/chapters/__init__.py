"""The chapters of the report: one folder per chapter, named by its key in params.yaml.

The ``sections.py`` of a folder defines ``sections(draft)``, which is called if at least one of the chapter's
experiments was run; `Draft` has all that it needs.
"""

from importlib import import_module

from pixcycle.report.both_readings import in_both_readings
from pixcycle.report.content import Section
from pixcycle.report.draft import Draft


def sections_of(key: str, draft: Draft) -> list[Section]:
    """Return the tables, figures and claims of a chapter in both readings, and write its figures."""
    sections = import_module(f"{__name__}.{key}.sections").sections
    return in_both_readings(sections, draft, key)
