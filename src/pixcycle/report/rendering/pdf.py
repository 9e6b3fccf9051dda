"""Render the report as a PDF with typst, from the same content as the page."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typst

from pixcycle.report.content import Block, Bullets, Claim, Claims, Document, Figure, Section, Table, Text
from pixcycle.report.crossrefs import captioned, labels, pieces
from pixcycle.report.dot_plot import DotPlot
from pixcycle.report.overview import is_unmeasured
from pixcycle.report.rendering.typesetting import (
    MARKS,
    anchor,
    by_experiment,
    header_rows,
    notes,
    run_keys,
    sentence_of,
    tally,
    verdicts,
    visible,
    words_of,
)
from pixcycle.report.run_entry import Runs
from pixcycle.report.wording import counted

MANY_EXPERIMENTS = 20
"""With more experiments than this, a block only counts the runs it was made from: on paper no list can fold."""

LONG = 400
"""Paragraphs of more letters are printed once, such as the rules by which all chapters judge claims."""

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
        self._verdicts = {chapter.id: claims for chapter, claims in verdicts(document)}
        self._samples = {sample.chapter: sample for sample in document.thumbnails}
        self._notes = notes(document)
        self._said_in: dict[str, str] = {}

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
        blocks = [self._block(block) for block in self._once(section)]
        return asdict(section) | {
            "number": number,
            "blocks": blocks,
            "opening": self._opening(section),
        }

    def _once(self, section: Section) -> list[Block]:
        """Return a section's blocks, with a reference in place of long paragraphs that an earlier section has, too."""
        blocks: list[Block] = []
        for block in section.blocks:
            if isinstance(block, Text) and len(block.text) > LONG:
                where = self._said_in.setdefault(block.text, section.id)
                block = block if where == section.id else Text(f"The rules are those of @{where}.")
            blocks.append(block)
        return blocks

    def _opening(self, section: Section) -> dict[str, Any] | None:
        """Return the claims and the sample on the first page of a chapter that reproduces a report; None for others."""
        if section.id not in self._samples:
            return None
        sample = self._samples[section.id]
        claims = self._verdicts.get(section.id, [])
        return {
            "file": f"/{sample.file.as_posix()}",
            "parts": sample.parts,
            "alt": f"{sentence_of(sample.parts)} of {sample.made_from}",
            "run": sample.made_from,
            "claims": [{"id": c.id, "name": self._names[c.id], "text": c.text, **_badge(c)} for c in claims],
            "caveat": self._document.caveat,
        }

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
                run = [row for row in block.rows if not is_unmeasured(row)]
                plain["rows"] = [[{"text": cell.text, "kind": cell.kind} for cell in row] for row in run]
                unrun = [row[0].text for row in block.rows if is_unmeasured(row)]
                lacking = [f"{counted(len(unrun), 'row')} not run here: {'; '.join(unrun)}."] if unrun else []
                plain["notes"] = [self._said(note) for note in lacking + self._notes[block.id]]
            case Figure():
                plain |= self._captioned(block)
                plain["file"] = f"/{block.file.as_posix()}"
            case Claims():
                for claim, whole in zip(plain["claims"], block.claims, strict=True):
                    claim.update(_badge(whole))
                    claim["plots"] = [_plot(plot) for plot in whole.plots]
                    claim["name"] = self._names[claim["id"]]
                    claim["evidence"] = self._said(claim["evidence"])
                    claim["rule"] = self._said(claim["rule"])
                    claim["shown_in"] = self._links(claim["shown_in"])
                    claim["made_from"] = self._run_links(claim["made_from"])
            case Runs():
                for entry in plain["entries"]:
                    entry["anchor"] = anchor(entry["key"])
        return plain

    def _captioned(self, block: Table | Figure) -> dict[str, Any]:
        lead, rest = captioned(block, self._names)
        return {
            "lead": lead,
            "caption": self._said(rest),
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


def _badge(claim: Claim) -> dict[str, str]:
    return {"verdict": claim.verdict, "words": words_of(claim)}


def _plot(plot: DotPlot) -> dict[str, Any]:
    """Return a dot plot with places on its axis, in percent, in place of values."""

    def percent(value: float | None) -> float | None:
        return None if value is None else 100 * plot.share(value)

    return {
        "title": plot.title,
        "ends": plot.ends,
        "marks": plot.marks if plot.has_references else plot.marks[:1],
        "dots": [
            {
                "label": dot.label,
                "value": percent(dot.value),
                "interval": None if dot.half is None else [percent(dot.value + sign * dot.half) for sign in (-1, 1)],
                "reference": percent(dot.reference),
                "shown": (dot.shown, dot.shown_reference) if plot.has_references else (dot.shown,),
            }
            for dot in plot.dots
        ],
    }
