"""What of a figure a reader of the page can open: the images of a grid, two beside each other, and values of curves."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from pixcycle.files import write_bytes

POINTS = 400
"""Of a line, at most; each then stands for as many neighbouring values as the others."""
DIGITS = 5
"""Of a number, significant ones."""


@dataclass(frozen=True)
class Image:
    """An image in a figure; box: left, top, width and height as shares of the figure's width and height."""

    heading: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Strip:
    """Images of one row that may be compared with each other; label: what tells the row from others, or nothing."""

    label: str
    images: list[Image]


@dataclass(frozen=True)
class Line:
    """A curve by its points; None where there is none: for each x a mean, and the least and greatest of its values.

    each: so many values at most became one point; label: empty for the only line of a panel.
    """

    label: str
    each: int
    x: list[float]
    mean: list[float | None]
    least: list[float | None]
    greatest: list[float | None]


@dataclass(frozen=True)
class Plot:
    """A panel; y: what its vertical axis shows, over epochs."""

    title: str
    y: str
    lines: list[Line]


class Picture(Figure):
    """A drawing that knows what of it can be opened."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.strips: list[Strip] = []
        self.plots: list[Plot] = []

    def write_opened(self, path: Path) -> None:
        """Write JSON beside the drawing's file, if there is anything to open."""
        if self.strips or self.plots:
            plots = [plot for plot in self.plots if any(line.x for line in plot.lines)]
            opened = {"strips": [asdict(s) for s in self.strips], "plots": [asdict(p) for p in plots]}
            write_bytes(opened_file(path), json.dumps(opened, ensure_ascii=False, allow_nan=False).encode())


def opened_file(path: Path) -> Path:
    """Where it lies that a figure of this file has something to open."""
    return path.with_suffix(".json")


def line(label: str, x: np.ndarray, values: np.ndarray) -> Line:
    """Neighbouring values become one point at the mean of their x, none of them if one of them is not finite."""
    parts = min(len(values), POINTS)
    if not parts:
        return Line(label, 0, [], [], [], [])
    stripes = [(np.mean(a), b) for a, b in zip(*(np.array_split(v, parts) for v in (x, values)), strict=True)]

    def each(reduce) -> list[float | None]:
        return [_rounded(reduce(stripe)) if np.isfinite(stripe).all() else None for _, stripe in stripes]

    most = max(len(stripe) for _, stripe in stripes)
    return Line(label, most, [_rounded(at) for at, _ in stripes], each(np.mean), each(np.min), each(np.max))


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
