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
from pixcycle.report.content import Document, Figure, blocks_of
from pixcycle.report.drawing.interactive import opened_file
from pixcycle.report.rendering import typesetting

TEMPLATES = Path(__file__).parent / "templates"
SCRIPTS = ("vendor/uPlot.min.js", "elements.js", "theme.js", "tables.js", "viewer.js", "plots.js")

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
    script = "\n".join((TEMPLATES / name).read_text() for name in SCRIPTS)
    commits = typesetting.commits(document)
    return environment.get_template("report.html.j2").render(
        document=document,
        labels=labels,
        pieces=lambda text: crossrefs.pieces(text, labels),
        linked=typesetting.run_keys(document),
        trained_at=lambda keys: list(dict.fromkeys(commits[key] for key in keys if key in commits)),
        verdicts=typesetting.verdicts(document),
        opened=typesetting.visible(_opened(document, folder)),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        kind=lambda block: type(block).__name__.lower(),
        data_uri=partial(_data_uri, folder),
        width=partial(_width, folder),
        typesetting=typesetting,
    )


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
