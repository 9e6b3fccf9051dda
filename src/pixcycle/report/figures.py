"""Figures of values: from numbers and images to matplotlib figures, in one style; `save` writes them."""

import math
import os
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

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
FEW_EPOCHS = 20  # up to which each epoch's mean is marked by a point
WIDTH = 9.0  # inches of a figure that fills a page's width
CELL, WIDEST_CELL, GAP, WIDEST_LABEL, LINE = 1.15, 1.8, 0.07, 1.1, 0.18  # inches, in a grid of images


@matplotlib.rc_context(STYLE)
def loss_curves(history: pd.DataFrame, terms: dict[str, str], steps_per_epoch: int, title: str = "") -> Figure:
    """One panel a loss term, as their scales differ: each logged step light, the mean of each epoch strong.

    history: a row a logged step: `epoch`, `step` (both counted from 0 over the whole run) and the loss terms.
    terms: column of history -> title of its panel.
    """
    across = min(len(terms), 2 if len(terms) <= 4 else 3)
    down = math.ceil(len(terms) / across)
    figure = Figure(figsize=(WIDTH, 0.5 + 2.0 * down), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left")
    marker = "." if history["epoch"].nunique() <= FEW_EPOCHS else None
    panels = figure.subplots(down, across, sharex=True, squeeze=False)
    for i, (term, label) in enumerate(terms.items()):
        panel = panels.flat[i]
        means = history.groupby("epoch")[term].mean(skipna=False)
        # Tens of thousands of steps as one picture: as vectors they would make most of the report's size.
        panel.plot(
            history["step"] / steps_per_epoch,
            history[term],
            color=LIGHT,
            lw=0.7,
            rasterized=True,
            label="logged steps",
        )
        panel.plot(means.index + 0.5, means, color=STRONG, lw=1.6, marker=marker, label="mean of each epoch")
        panel.set(title=label, ylabel="loss")
        if i + across >= len(terms):
            panel.set_xlabel("epoch")
            panel.tick_params(labelbottom=True)
    for panel in panels.flat[len(terms) :]:
        panel.remove()
    for line in panels[0, 0].legend().get_lines():
        line.set_linewidth(2)
    return figure


@matplotlib.rc_context(STYLE)
def image_grid(
    columns: list[tuple[str, list[np.ndarray | None]]], row_labels: list[str] | None = None, title: str = ""
) -> Figure:
    """Images side by side under their headings (report 000, figure 3); in place of a missing one: not run.

    columns: heading and images of each column, as many in each, uint8 (H, W, 3) of one shape.
    """
    down, across = len(columns[0][1]), len(columns)
    shape = next((image.shape for _, images in columns for image in images if image is not None), (1, 1))
    width = min(max(CELL, WIDTH / across - GAP), WIDEST_CELL)
    height = width * shape[0] / shape[1]
    headings = [_wrapped(heading, width) for heading, _ in columns]
    labels = [_wrapped(label, WIDEST_LABEL) for label in row_labels or []]
    widths = [_text_width(line) for label in labels for line in label.split("\n")]
    left = max(widths) + 2 * GAP if widths else 0
    lines = max(heading.count("\n") + 1 for heading in headings)
    top = LINE * lines + GAP + (1.5 * LINE if title else 0)
    size = (left + across * (width + GAP), top + down * (height + GAP))

    figure = Figure(figsize=size)
    figure.suptitle(title, x=0, y=1, ha="left", va="top")
    cells = figure.subplots(
        down,
        across,
        squeeze=False,
        gridspec_kw={
            "left": left / size[0],
            "right": 1 - GAP / size[0],
            "top": 1 - top / size[1],
            "bottom": GAP / size[1],
            "wspace": GAP / width,
            "hspace": GAP / height,
        },
    )
    for column, (_, images) in enumerate(columns):
        cells[0, column].set_title(headings[column], loc="center", fontsize=STYLE["font.size"], pad=4)
        for row, image in enumerate(images):
            _draw_cell(cells[row, column], image)
    for cell, label in zip(cells[:, 0], labels, strict=False):
        cell.set_ylabel(label, rotation=0, ha="right", va="center", color=INK)
    return figure


def _draw_cell(cell: Axes, image: np.ndarray | None) -> None:
    cell.set(xticks=[], yticks=[], facecolor=FAINT)
    cell.grid(False)
    cell.spines[:].set_visible(False)
    if image is None:
        cell.text(0.5, 0.5, "not run", ha="center", va="center", color=MUTED, transform=cell.transAxes)
    else:
        cell.imshow(image, interpolation="bicubic", aspect="auto")


def _text_width(text: str) -> float:
    """In inches, in the style's font."""
    font = FontProperties(family=STYLE["font.family"], size=STYLE["font.size"])
    return text_to_path.get_text_width_height_descent(text, font, ismath=False)[0] / 72


def _wrapped(text: str, width: float) -> str:
    """The text with line breaks, no line wider than that many inches; a word that is wider is cut."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if _text_width(longer) <= width:
            lines[-1] = longer
            continue
        lines.append("")
        for letter in word:
            if _text_width(lines[-1] + letter) <= width:
                lines[-1] += letter
            else:
                lines.append(letter)
    return "\n".join(filter(None, lines))


@matplotlib.rc_context(STYLE)
def save(figure: Figure, path: Path) -> None:
    """Write an SVG or a PNG, by the path's ending; the same figure gives the same bytes. It is used up."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.part")
    unstamped = {".svg": {"Date": None}, ".png": {"Software": None}}[path.suffix]
    figure.savefig(beside, format=path.suffix[1:], metadata=unstamped)
    os.replace(beside, path)
    figure.clear()
