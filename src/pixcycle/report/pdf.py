"""The report as a PDF, set by typst from the same content as the page."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typst

from pixcycle.report.content import Block, Claims, Document, Figure, Runs, Table
from pixcycle.report.typesetting import (
    MARKS,
    anchor,
    by_experiment,
    caption_lead,
    header_rows,
    legend,
    run_keys,
    visible,
)

_TEMPLATE = Path(__file__).parent / "templates" / "report.typ"


def render(document: Document, folder: Path) -> bytes:
    """The PDF; the same document gives the same bytes on every machine, as only typst's own fonts are used.

    folder: where the files of the figures lie.
    """
    compiler = typst.Compiler(_TEMPLATE.read_bytes(), root=folder, ignore_system_fonts=True)
    return compiler.compile(format="pdf", sys_inputs={"report": json.dumps(_plain(visible(document)))})


def _plain(document: Document) -> dict[str, Any]:
    """What the template reads. Texts travel as JSON strings, so that none of their characters is markup."""
    linked = run_keys(document)
    sections = [
        asdict(section) | {"blocks": [_plain_block(block, linked) for block in section.blocks]}
        for section in document.sections
    ]
    return asdict(document) | {"sections": sections, "tells_runs": bool(linked), "marks": MARKS}


def _plain_block(block: Block, linked: set[str]) -> dict[str, Any]:
    plain = asdict(block) | {"kind": type(block).__name__.lower()}
    if isinstance(block, Table | Figure):
        plain["caption"] = caption_lead(block.caption)
        plain["made_from"] = _run_links(block.made_from, linked)
    if isinstance(block, Figure):
        plain["file"] = f"/{block.file.as_posix()}"
    if isinstance(block, Table):
        plain["header"] = [[asdict(heading) for heading in row] for row in header_rows(block.columns)]
        plain["legend"] = legend(block)
    if isinstance(block, Claims):
        for claim in plain["claims"]:
            claim["made_from"] = _run_links(claim["made_from"], linked)
    if isinstance(block, Runs):
        for entry in plain["entries"]:
            entry["anchor"] = anchor(entry["key"])
    return plain


def _run_links(keys: list[str], linked: set[str]) -> list[list[tuple[str, str | None]]]:
    """(text, label of its entry or None) of each run, an experiment at a time."""
    return [[(text, anchor(key) if key in linked else None) for text, key in seeds] for seeds in by_experiment(keys)]
