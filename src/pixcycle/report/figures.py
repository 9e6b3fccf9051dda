"""What all figures share: one style, how wide a text is in it, and `save`, which writes them."""

import io
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import text_to_path

from pixcycle.files import write_bytes
from pixcycle.report.opened import Picture
from pixcycle.report.typesetting import visible

INK, MUTED, FAINT = "#1c2126", "#5f6975", "#e9edf1"
STRONG, LIGHT = "#0072b2", "#a8cfe6"
# Blues and greys that differ in lightness too: every reader, and a grey printer, tells them apart.

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
JPEG = {"quality": 80, "subsampling": 0, "progressive": True, "optimize": True}
"""Small enough for a page with the images of all experiments; colours of label maps keep their edges."""
WIDTH = 9.0  # inches of a figure that fills a page's width
BOLD = 1.15  # times as wide, at most, as `text_width` says


def text_width(text: str) -> float:
    """In inches, in the style's font."""
    font = FontProperties(family=STYLE["font.family"], size=STYLE["font.size"])
    return text_to_path.get_text_width_height_descent(visible(text), font, ismath=False)[0] / 72


def wrapped(text: str, width: float) -> str:
    """The text with line breaks, no line wider than that many inches; a word that is wider is cut."""
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
    """Write an SVG or, for images, a JPEG, by the path's ending; the same figure gives the same bytes. It is used up.

    Of a Picture, what of it can be opened is written beside it.
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
