"""The papers that a report cites, in the order in which it first does."""

import re
from pathlib import Path

import yaml

from pixcycle.report.content import Reference, Section
from pixcycle.schema import Params

_PAPERS = Path(__file__).parent / "templates" / "references.yaml"
_CITED = re.compile(r"@cite-(\w+)")


def references(abstract: list[str], sections: list[Section], params: Params) -> list[Reference]:
    """What the abstract and then the sections cite, of what there is: a paper, or a chapter's report."""
    known = yaml.safe_load(_PAPERS.read_text()) | {key: chapter.cite for key, chapter in params.chapters.items()}
    cited = dict.fromkeys(_CITED.findall(repr((abstract, sections))))
    return [Reference(f"cite-{name}", known[name]) for name in cited if name in known]
