"""The report as one HTML page that needs nothing beside it: no network, no script, no other file."""

import base64
from functools import partial
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

from pixcycle.report import mentions, typesetting
from pixcycle.report.content import Document

_CSS_PIXELS_PER_INCH = 96
_MEDIA_TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".svg": "image/svg+xml"}


def render(document: Document, folder: Path) -> str:
    """The page as HTML; the same document gives the same text.

    folder: where the files of the figures lie.
    """
    document = typesetting.visible(document)
    labels = mentions.labels(document)
    environment = Environment(
        loader=PackageLoader("pixcycle.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html.j2").render(
        document=document,
        labels=labels,
        pieces=lambda text: mentions.pieces(text, labels),
        linked=typesetting.run_keys(document),
        kind=lambda block: type(block).__name__.lower(),
        data_uri=partial(_data_uri, folder),
        width=partial(_width, folder),
        typesetting=typesetting,
    )


def _data_uri(folder: Path, file: Path) -> str:
    content = base64.b64encode((folder / file).read_bytes()).decode()
    return f"data:{_MEDIA_TYPES[file.suffix]};base64,{content}"


def _width(folder: Path, file: Path) -> int | None:
    """In CSS pixels, for an image that says how many dots an inch it has; an SVG says its own width."""
    if file.suffix == ".svg":
        return None
    with Image.open(folder / file) as image:
        dots_per_inch = image.info.get("dpi", (_CSS_PIXELS_PER_INCH,))[0]
        return round(image.width / dots_per_inch * _CSS_PIXELS_PER_INCH)
