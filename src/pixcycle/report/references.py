"""The list of references: what a report cites, in order of first citation."""

import re
from pathlib import Path

import yaml

from pixcycle.methods.registry import METHODS
from pixcycle.metrics.registry import METRICS
from pixcycle.models.generators.registry import GENERATORS
from pixcycle.params.schema import Params
from pixcycle.report.content import Reference, Section

_PAPERS = Path(__file__).parent / "rendering" / "templates" / "references.yaml"
_CITED = re.compile(r"@cite-(\w+)")


def references(abstract: list[str], sections: list[Section], params: Params) -> list[Reference]:
    """Return the papers and chapters' reports that the abstract and then the sections cite; others are skipped."""
    registered = [*METRICS, *METHODS.values(), *GENERATORS.values()]
    known = {key: text for each in registered for key, text in each.references.items()}
    known |= yaml.safe_load(_PAPERS.read_text()) | {key: chapter.cite for key, chapter in params.chapters.items()}
    cited = dict.fromkeys(_CITED.findall(repr((abstract, sections))))
    return [Reference(f"cite-{name}", known[name]) for name in cited if name in known]
