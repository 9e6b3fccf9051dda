"""Render the report as a PDF with typst, from the same content as the page."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typst

from pixcycle.report.content import Block, Bullets, Claims, Document, Figure, Runs, Section, Table, Text
from pixcycle.report.crossrefs import labels, pieces
from pixcycle.report.rendering.typesetting import (
    MARKS,
    anchor,
    by_experiment,
    header_rows,
    legend,
    run_keys,
    tally,
    visible,
)

MANY_EXPERIMENTS = 20
"""With more experiments than this, a block only counts the runs it was made from: on paper no list can fold."""

_TEMPLATES = Path(__file__).parent / "templates"


def render(document: Document, folder: Path) -> bytes:
    """Return the PDF; the same document gives the same bytes on every machine, as only typst's own fonts are used.

    Parameters
    ----------
    folder
        The report's folder, with the figures.
    """
    templates = {path.name: path.read_bytes() for path in _TEMPLATES.glob("*.typ")}
    main = {"main.typ": templates.pop("report.typ")}
    compiler = typst.Compiler(main | templates, root=folder, ignore_system_fonts=True)
    return compiler.compile(format="pdf", sys_inputs={"report": json.dumps(_Plain(visible(document)).document())})


class _Plain:
    """The document as plain data for the templates. Texts are JSON strings, split at references, and never markup."""

    def __init__(self, document: Document):
        self._document, self._names, self._runs = document, labels(document), run_keys(document)

    def document(self) -> dict[str, Any]:
        document = self._document
        return {
            "title": document.title,
            "subtitle": document.subtitle,
            "facts": document.facts,
            "notices": [asdict(notice) for notice in document.notices],
            "abstract": [self._said(sentence) for sentence in document.abstract],
            "sections": [self._section(section) for section in document.sections],
            "references": [asdict(entry) | {"name": self._names[entry.id]} for entry in document.references],
            "tells_runs": bool(self._runs),
            "marks": MARKS,
        }

    def _section(self, section: Section) -> dict[str, Any]:
        number = self._names[section.id].removeprefix("Section ")
        return asdict(section) | {"number": number, "blocks": [self._block(block) for block in section.blocks]}

    def _block(self, block: Block) -> dict[str, Any]:
        plain = asdict(block) | {"kind": type(block).__name__.lower()}
        match block:
            case Text():
                plain["text"] = self._said(block.text)
            case Bullets():
                plain["items"] = [(lead, self._said(text)) for lead, text in block.items]
            case Table():
                plain |= self._captioned(block)
                plain["header"] = [[asdict(heading) for heading in row] for row in header_rows(block.columns)]
                plain["rows"] = [[{"text": cell.text, "kind": cell.kind} for cell in row] for row in block.rows]
                plain["legend"] = legend(block)
                plain["notes"] = [self._said(note) for note in block.notes]
            case Figure():
                plain |= self._captioned(block)
                plain["file"] = f"/{block.file.as_posix()}"
            case Claims():
                for claim in plain["claims"]:
                    claim["name"] = self._names[claim["id"]]
                    claim["evidence"] = self._said(claim["evidence"])
                    claim["shown_in"] = self._links(claim["shown_in"])
                    claim["made_from"] = self._run_links(claim["made_from"])
            case Runs():
                for entry in plain["entries"]:
                    entry["anchor"] = anchor(entry["key"])
                    entry["shown_in"] = self._links(entry["shown_in"])
        return plain

    def _captioned(self, block: Table | Figure) -> dict[str, Any]:
        return {
            "name": self._names[block.id],
            "caption": self._said(block.caption),
            "made_from": self._run_links(block.made_from),
        }

    def _said(self, text: str) -> list[tuple[str, str | None]]:
        return pieces(text, self._names)

    def _links(self, ids: list[str]) -> list[tuple[str, str]]:
        return [(self._names[id], id) for id in ids]

    def _run_links(self, keys: list[str]) -> list[list[tuple[str, str | None]]]:
        """Return (text, label of its entry or None) per run, grouped by experiment; a tally if there are too many."""
        experiments = by_experiment(keys)
        if len(experiments) > MANY_EXPERIMENTS:
            return [[(tally(keys), None)]]
        return [[(text, anchor(key) if key in self._runs else None) for text, key in seeds] for seeds in experiments]
