"""Shared style of all figures, text measurement in that style, and `save`, which writes a figure."""

import io
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import text_to_path

from pixcycle.base.files import write_bytes
from pixcycle.report.drawing.interactive import Picture
from pixcycle.report.rendering.typesetting import visible

INK, MUTED, FAINT = "#1c2126", "#5f6975", "#e9edf1"
STRONG, LIGHT = "#0072b2", "#a8cfe6"
# Blues and greys that also differ in lightness, so that every reader can tell them apart, also in a grey print.

STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.parse_math": False,
    "text.color": INK,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "legend.frameon": False,
    "figure.titlesize": 11,
    "figure.facecolor": "white",
    "savefig.dpi": 150,
    "svg.hashsalt": "pixcycle",
}
JPEG = {"quality": 60, "subsampling": 2, "progressive": True, "optimize": True}
"""Small enough for a page with the images of all experiments in both readings."""
WIDTH = 9.0  # inches; width of a figure that fills the page
BOLD = 1.15  # maximum ratio of the width of bold text to `text_width`


def text_width(text: str) -> float:
    """Return the width of a text in inches, in the font of STYLE."""
    font = FontProperties(family=STYLE["font.family"], size=STYLE["font.size"])
    return text_to_path.get_text_width_height_descent(visible(text), font, ismath=False)[0] / 72


def wrapped(text: str, width: float) -> str:
    """Break a text into lines of at most `width` inches; words that are wider are split."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer) <= width:
            lines[-1] = longer
            continue
        lines.append("")
        for letter in word:
            if text_width(lines[-1] + letter) <= width:
                lines[-1] += letter
            else:
                lines.append(letter)
    return "\n".join(filter(None, lines))


@matplotlib.rc_context(STYLE)
def save(figure: Figure, path: Path) -> None:
    """Write a figure as SVG or JPEG, by the suffix of `path`, and clear it.

    The same figure gives the same bytes. The interactive data of a Picture are written next to it.
    """
    options = {".svg": {"metadata": {"Date": None}}, ".jpg": {"pil_kwargs": JPEG}}
    for text in figure.findobj(Text):
        text.set_text(visible(text.get_text()))
    drawn = io.BytesIO()
    figure.savefig(drawn, format=path.suffix[1:], **options[path.suffix])
    write_bytes(path, drawn.getvalue())
    if isinstance(figure, Picture):
        figure.write_opened(path)
    figure.clear()
