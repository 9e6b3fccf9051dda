"""Data for the interactive view of figures on the page: images of a grid to compare, and values of curves."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from matplotlib.figure import Figure

from pixcycle.base.files import write_bytes

POINTS = 400
"""Maximum number of points per line; longer lines are reduced to points that cover equal numbers of values."""
DIGITS = 5
"""Significant digits of stored numbers."""


@dataclass(frozen=True)
class Image:
    """An image in a figure; `box` is (left, top, width, height) as fractions of the figure's width and height."""

    heading: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Strip:
    """Images of one row that can be compared with each other; `label` identifies the row and may be empty."""

    label: str
    images: list[Image]


@dataclass(frozen=True)
class Line:
    """A curve, reduced to points.

    Attributes
    ----------
    label
        Empty for the only line of a panel.
    each
        Maximum number of values that were merged into one point.
    x
        Mean position of the values of each point, in epochs.
    mean, least, greatest
        Mean, minimum and maximum of the values of each point; None where a value is not finite.
    """

    label: str
    each: int
    x: list[float]
    mean: list[float | None]
    least: list[float | None]
    greatest: list[float | None]


@dataclass(frozen=True)
class Plot:
    """A panel of curves over epochs; `y` is the label of its vertical axis."""

    title: str
    y: str
    lines: list[Line]


class Picture(Figure):
    """A figure with the data of its interactive view.

    Attributes
    ----------
    kind
        Type of its file: jpg for images, svg for anything else.
    note
        A sentence on how it was drawn, for its caption.
    """

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.strips: list[Strip] = []
        self.plots: list[Plot] = []
        self.kind: Literal["jpg", "svg"] = "svg"
        self.note = ""

    def write_opened(self, path: Path) -> None:
        """Write the data of the interactive view as JSON next to the figure's file, if there is any."""
        if self.strips or self.plots:
            plots = [plot for plot in self.plots if any(line.x for line in plot.lines)]
            content = {"strips": [asdict(s) for s in self.strips], "plots": [asdict(p) for p in plots]}
            write_bytes(opened_file(path), json.dumps(content, ensure_ascii=False, allow_nan=False).encode())


def opened_file(path: Path) -> Path:
    """Return the JSON file with the interactive data of a figure's file."""
    return path.with_suffix(".json")


def line(label: str, x: np.ndarray, values: np.ndarray) -> Line:
    """Return a line of at most POINTS points, each the mean of neighbouring values, or None if one is not finite."""
    parts = min(len(values), POINTS)
    if not parts:
        return Line(label, 0, [], [], [], [])
    stripes = [(np.mean(a), b) for a, b in zip(*(np.array_split(v, parts) for v in (x, values)), strict=True)]

    def reduced(reduce) -> list[float | None]:
        return [_rounded(reduce(stripe)) if np.isfinite(stripe).all() else None for _, stripe in stripes]

    most = max(len(stripe) for _, stripe in stripes)
    return Line(label, most, [_rounded(at) for at, _ in stripes], reduced(np.mean), reduced(np.min), reduced(np.max))


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
