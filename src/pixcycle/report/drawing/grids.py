"""Grids of images, and error maps of generated images."""

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from pixcycle.report.drawing.interactive import Image, Picture, Strip
from pixcycle.report.drawing.style import BOLD, FAINT, INK, MUTED, STYLE, WIDTH, text_width, wrapped

CELL, WIDEST_CELL, GAP, GROUP_GAP, WIDEST_LABEL, LINE = 1.15, 1.8, 0.07, 0.21, 1.1, 0.18  # inches

SURROUND = "#a6adb5"
"""Colour around images: neither glaring on a dark page nor gloomy on a white one, and black text is readable on it."""

Column = tuple[str, list[np.ndarray | str | None]]
"""Heading and cells, see `image_grid`."""

BRIGHTEST_ERROR = 0.5
ERROR_HEADING = f"Error: black 0, pale yellow {BRIGHTEST_ERROR}+"
"""Heading of a column of error maps; states their scale."""


@matplotlib.rc_context(STYLE)
def image_grid(
    columns: list[Column],
    row_labels: list[str] | None = None,
    title: str = "",
    groups: list[tuple[str, int]] | None = None,
) -> Picture:
    """Draw columns of images under their headings (report 000, figure 3).

    Parameters
    ----------
    columns
        Heading and cells of each column, the same number of cells in each. A cell is an image, uint8 (H, W, 3), all of
        one shape; a text that replaces a missing image, such as "no pair"; or None, shown as "not run". Columns of
        which nothing was run are left out.
    groups
        Heading and number of columns of each group of adjacent columns, together covering all columns. On the page,
        the images of one row and group can be compared with each other.
    """
    groups = groups or [("", len(columns))]
    columns, groups = _run_only(columns, groups)
    down, across = len(columns[0][1]), len(columns)
    gaps = GROUP_GAP * (len(groups) - 1)
    shape = next((cell.shape for _, cells in columns for cell in cells if isinstance(cell, np.ndarray)), (1, 1))
    width = min(max(CELL, (WIDTH - gaps) / across - GAP), WIDEST_CELL)
    height = width * shape[0] / shape[1]
    labels = [wrapped(label, WIDEST_LABEL) for label in row_labels or []]
    widths = [text_width(line) for label in labels for line in label.split("\n")]
    left = max(widths) + 2 * GAP if widths else 0
    group_of = np.repeat(np.arange(len(groups)), [size for _, size in groups])
    lefts = left + np.arange(across) * (width + GAP) + group_of * GROUP_GAP

    headings = [wrapped(heading, width) for heading, _ in columns]
    spans = [(lefts[group_of == g][0], lefts[group_of == g][-1] + width) for g in range(len(groups))]
    group_headings = [
        wrapped(name, (end - start) / BOLD) for (name, _), (start, end) in zip(groups, spans, strict=True)
    ]
    above_cells = _height(headings) + GAP
    above_headings = _height(group_headings) + GAP if any(group_headings) else 0
    top = above_cells + above_headings + (1.5 * LINE if title else 0)
    size = (lefts[-1] + width + GAP, top + down * (height + GAP))

    def box(row: int, column: int) -> tuple[float, float, float, float]:
        """Return left, top, width and height of a cell as fractions of the figure."""
        x, y = lefts[column], top + row * (height + GAP)
        return x / size[0], y / size[1], width / size[0], height / size[1]

    figure = Picture(figsize=size, facecolor=SURROUND)
    figure.kind = "jpg"
    figure.suptitle(title, x=GAP / size[0], y=1 - GAP / size[1], ha="left", va="top")
    for row in range(down):
        for column, (_, cells) in enumerate(columns):
            x, y, wide, high = box(row, column)
            _draw_cell(figure.add_axes((x, 1 - y - high, wide, high)), cells[row], width)
        for group, (name, _) in enumerate(groups):
            images = [
                Image(heading, box(row, column))
                for column, (heading, cells) in enumerate(columns)
                if group_of[column] == group and isinstance(cells[row], np.ndarray)
            ]
            unnamed = f"row {row + 1}" if down > 1 else ""
            label = row_labels[row] if row_labels else unnamed
            if len(images) > 1:
                figure.strips.append(Strip(", ".join(filter(None, [name, label])), images))
    for panel, heading in zip(figure.axes[:across], headings, strict=True):
        panel.set_title(heading, loc="center", fontsize=STYLE["font.size"], pad=4)
    for panel, label in zip(figure.axes[::across], labels, strict=False):
        panel.set_ylabel(label, rotation=0, ha="right", va="center", color=INK)
    for heading, (start, end) in zip(group_headings, spans, strict=True):
        if heading:
            x, y = np.array([start, end]) / size[0], 1 - (top - above_cells) / size[1]
            figure.text(x.mean(), y + GAP / 2 / size[1], heading, ha="center", va="bottom", weight="bold")
            figure.add_artist(Line2D(x, [y, y], color=MUTED, lw=0.8))
    return figure


def error_map(fake: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Return |fake - real|, averaged over the channels, as a colour (report 002, figures 8 to 15, fourth column).

    Parameters
    ----------
    fake, real
        uint8 (H, W, 3).

    Returns
    -------
    np.ndarray
        uint8 (H, W, 3): black where the images agree, brighter where the error is larger. All maps share one scale,
        which ends in pale yellow at half the range of a pixel (BRIGHTEST_ERROR).
    """
    error = np.abs(fake.astype(float) - real).mean(axis=-1) / 255
    return matplotlib.colormaps["magma"](error / BRIGHTEST_ERROR, bytes=True)[..., :3]


def _run_only(columns: list[Column], groups: list[tuple[str, int]]) -> tuple[list[Column], list[tuple[str, int]]]:
    """Leave out columns without any image or text, and groups without columns; keep all if nothing would be left."""
    group_of = np.repeat(np.arange(len(groups)), [size for _, size in groups])
    kept = [i for i, (_, cells) in enumerate(columns) if any(cell is not None for cell in cells)]
    if not kept:
        return columns, groups
    sizes = np.bincount(group_of[kept], minlength=len(groups))
    return [columns[i] for i in kept], [(name, int(n)) for (name, _), n in zip(groups, sizes, strict=True) if n]


def _draw_cell(panel: Axes, cell: np.ndarray | str | None, width: float) -> None:
    panel.set(xticks=[], yticks=[], facecolor=FAINT)
    panel.grid(False)
    panel.spines[:].set_visible(False)
    if isinstance(cell, np.ndarray):
        panel.imshow(cell, interpolation="bicubic", aspect="auto")
    else:
        words = wrapped(cell or "not run", width)
        panel.text(0.5, 0.5, words, ha="center", va="center", color=MUTED, transform=panel.transAxes)


def _height(texts: list[str]) -> float:
    """Return the height in inches of the text with the most lines."""
    return LINE * max(text.count("\n") + 1 for text in texts)
