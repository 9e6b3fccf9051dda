"""Figures of values: functions from numbers and images to matplotlib figures, in one style; `save` writes them."""

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
STRONG, LIGHT, PUBLISHED = "#0072b2", "#a8cfe6", "#aeb7c1"
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
    "savefig.dpi": 200,
    "svg.hashsalt": "pixcycle",
}
WIDTH = 9.0  # inches of a figure that fills a page's width
CELL, WIDEST_CELL, GAP, LABEL_WIDTH = 1.15, 1.8, 0.07, 1.1  # inches, in a grid of images
LINE = 1.25  # height of a line of text, in units of its size


@matplotlib.rc_context(STYLE)
def loss_curves(history: pd.DataFrame, terms: dict[str, str], steps_per_epoch: int, title: str = "") -> Figure:
    """One panel a loss term, since their scales differ: each logged step light, the mean of each epoch strong.

    history: a row a logged step: `epoch`, `step` (both counted from 0 over the whole run) and the loss terms.
    terms: column of history -> title of its panel.
    """
    across = min(len(terms), 2 if len(terms) <= 4 else 3)
    down = math.ceil(len(terms) / across)
    figure = Figure(figsize=(WIDTH, 0.5 + 2.0 * down), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left")
    panels = figure.subplots(down, across, sharex=True, squeeze=False)
    for panel, (term, label) in zip(panels.flat, terms.items(), strict=False):
        means = history.groupby("epoch")[term].mean(skipna=False)
        # Tens of thousands of steps as one picture: as vectors they would make most of the report's size.
        panel.plot(
            history["step"] / steps_per_epoch, history[term], color=LIGHT, lw=0.7, rasterized=True, label="each step"
        )
        panel.plot(means.index + 0.5, means, color=STRONG, lw=1.6, marker=".", label="mean of each epoch")
        panel.set(title=label, ylabel="loss", xlabel="epoch")
        panel.label_outer()
    for panel in panels.flat[len(terms) :]:
        panel.remove()
    panels[0, 0].legend()
    return figure


@matplotlib.rc_context(STYLE)
def image_grid(
    columns: list[tuple[str, list[np.ndarray | None]]], row_labels: list[str] | None = None, title: str = ""
) -> Figure:
    """Images side by side under their headings (report 000, figure 3); one that is missing is a cell "not run".

    columns: heading and images of each column, as many in each, uint8 (H, W, 3) of one shape.
    """
    down, across = len(columns[0][1]), len(columns)
    example = next(image for _, images in columns for image in images if image is not None)
    width = min(max(CELL, WIDTH / across - GAP), WIDEST_CELL)
    height = width * example.shape[0] / example.shape[1]
    size = STYLE["font.size"]
    headings = [_wrapped(heading, width, size) for heading, _ in columns]
    labels = [_wrapped(label, LABEL_WIDTH, size) for label in row_labels or [""] * down]

    left = LABEL_WIDTH + GAP if row_labels else 0
    top = _text_height(headings, size) + (_text_height([title], STYLE["figure.titlesize"]) + GAP if title else 0)
    total_width = left + across * (width + GAP)
    total_height = top + down * (height + GAP)
    figure = Figure(figsize=(total_width, total_height))
    if title: figure.text(0, 1, title, size=STYLE["figure.titlesize"], va="top")
    return figure
