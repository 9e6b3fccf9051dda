"""Render the report as one self-contained HTML page: no network, no other files, and all content without scripts."""

import base64
import hashlib
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

from pixcycle.base.files import read_json
from pixcycle.report import crossrefs
from pixcycle.report.agreement import AGREEMENT
from pixcycle.report.content import Block, Document, Figure, Text, blocks_of, claims_of
from pixcycle.report.drawing.interactive import opened_file
from pixcycle.report.overview import Group, is_unmeasured, matrix, tally
from pixcycle.report.rendering import typesetting
from pixcycle.report.wording import counted

TEMPLATES = Path(__file__).parent / "templates"
SCRIPTS = (
    *("vendor/uPlot.min.js", "elements.js", "theme.js", "contents.js", "filter.js", "links.js"),
    *("tables.js", "viewer.js", "plots.js"),
)

_CSS_PIXELS_PER_INCH = 96
_MEDIA_TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".svg": "image/svg+xml"}


def render(document: Document, folder: Path) -> str:
    """Return the page as HTML; the same document gives the same text.

    Parameters
    ----------
    folder
        The report's folder, with the figures and, beside them, the data of their interactive parts.
    """
    document = typesetting.visible(document)
    labels = crossrefs.labels(document)
    environment = Environment(
        loader=PackageLoader("pixcycle.report.rendering"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    environment.tests |= {"unmeasured": is_unmeasured, "text": lambda block: isinstance(block, Text)}
    environment.filters["kind"] = _kind
    script = "\n".join((TEMPLATES / name).read_text() for name in SCRIPTS)
    commits = typesetting.commits(document)
    groups = matrix(document)
    return environment.get_template("report.html.j2").render(
        document=document,
        labels=labels,
        pieces=lambda text: crossrefs.pieces(text, labels),
        captioned=lambda block: crossrefs.captioned(block, labels),
        linked=typesetting.run_keys(document),
        trained_at=lambda keys: list(dict.fromkeys(commits[key] for key in keys if key in commits)),
        verdicts=typesetting.verdicts(document),
        claims_of_chapter={chapter.id: claims for chapter, claims in typesetting.verdicts(document)},
        notes=typesetting.notes(document),
        claims=claims_of(document.sections),
        chapter_of=typesetting.chapters(document),
        groups=groups,
        outcomes=tally(groups),
        agreement=AGREEMENT,
        unrun_lines=sum(line.is_unrun for group in groups for line in group.lines),
        unrun_tables=sum(any(line.is_unrun for line in group.lines) for group in groups),
        is_unmeasured=is_unmeasured,
        opened=typesetting.visible(_opened(document, folder)),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        kind=_kind,
        data_uri=partial(_data_uri, folder),
        width=partial(_width, folder),
        percent=lambda share: f"{share:.2%}",
        counted=counted,
        typesetting=typesetting,
        **_filters(document, groups),
    )


def _kind(block: Block) -> str:
    """Return the name of the macro that draws a block."""
    return type(block).__name__.lower()


def _filters(document: Document, groups: list[Group]) -> dict[str, Any]:
    """Return what the page's filters offer, and functions that say which of it a block belongs to."""
    shown = typesetting.verdicts_shown(document)
    for group in groups:
        shown[group.table.id].update(outcome for line in group.lines for outcome in line.outcomes)
    found = {verdict for verdicts in shown.values() for verdict in verdicts}
    names = [name for name in (*typesetting.MARKS, *typesetting.OUTCOME_MARKS) if name in found]
    in_chapters = {chapter.id for chapter, _ in typesetting.verdicts(document)} | {group.chapter for group in groups}
    titles = [(section.id, section.title) for section in document.sections if section.id in in_chapters]
    datasets = document.datasets
    return {
        "chapters": titles,
        "datasets": [(name, name) for name in sorted(set(datasets.values()))],
        "verdict_names": [(_one_word(name), name) for name in dict.fromkeys(names)],
        "datasets_of": lambda keys: " ".join(dict.fromkeys(datasets[key] for key in keys if key in datasets)),
        "verdicts_of": lambda block: " ".join(sorted(map(_one_word, shown[block.id]))),
    }


def _one_word(verdict: str) -> str:
    return verdict.replace(" ", "-")


def _opened(document: Document, folder: Path) -> dict[str, Any]:
    """Map the ids of figures to the data of their interactive parts."""
    files = {figure.id: opened_file(folder / figure.file) for figure in blocks_of(document.sections, Figure)}
    return {id: read_json(file) for id, file in files.items() if file.exists()}


def _data_uri(folder: Path, file: Path) -> str:
    content = base64.b64encode((folder / file).read_bytes()).decode()
    return f"data:{_MEDIA_TYPES[file.suffix]};base64,{content}"


def _width(folder: Path, file: Path) -> int | None:
    """Return an image's width in CSS pixels, by its resolution or else at 96 dpi; None for SVG, which has its own."""
    if file.suffix == ".svg":
        return None
    with Image.open(folder / file) as image:
        dots_per_inch = image.info.get("dpi", (_CSS_PIXELS_PER_INCH,))[0]
        return round(image.width / dots_per_inch * _CSS_PIXELS_PER_INCH)
