"""Curves over epochs: the losses of one run or of several, and what is measured after some epochs.

A curve has a gap where its values are not finite, as at the end of a collapsed run.
"""

import math
from itertools import cycle

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from pixcycle.report.figures import INK, LIGHT, MUTED, STRONG, STYLE, WIDTH, text_width
from pixcycle.report.opened import Line, Picture, Plot, line

FEW = 20  # points of a line up to which each is marked
PIXELS, STRIPES = int(WIDTH * STYLE["savefig.dpi"]), 120  # in which a longer line is thinned: as picture, as vectors
LOOKS = [{"color": color, "ls": dashes} for dashes in ("-", (0, (4, 1.2))) for color in (STRONG, "#e69f00", INK)]
"""Of the lines in one panel: colours that differ in lightness, then the same dashed."""


@matplotlib.rc_context(STYLE)
def loss_curves(history: pd.DataFrame, terms: dict[str, str], steps_per_epoch: int, title: str = "") -> Picture:
    """One panel a loss term, as their scales differ: each logged step light, the mean of each epoch strong.

    history: a row a logged step: `epoch`, `step` (both counted from 0 over the whole run) and the loss terms.
    terms: column of history -> title of its panel.
    """
    figure, panels = _panels(list(terms.values()), title)
    for panel, term in zip(panels, terms, strict=True):
        _draw_steps_and_means(panel, history, term, steps_per_epoch, LOOKS[0])
        figure.plots.append(Plot(terms[term], "loss", [_line("", history, term, steps_per_epoch)]))
    _, means = panels[0].get_lines()
    panels[0].legend([Line2D([], [], color=LIGHT), means], ["logged steps", "mean of each epoch"])
    return figure


@matplotlib.rc_context(STYLE)
def compared_curves(
    histories: dict[str, pd.DataFrame], terms: dict[str, str], steps_per_epoch: dict[str, int], title: str = ""
) -> Picture:
    """Several runs in one panel a loss term, drawn as in `loss_curves` (report 001, figure 7; 002, figure 19).

    histories, steps_per_epoch: label of a run -> its own. terms: as there; those that no run has are left out.
    """
    terms = {term: label for term, label in terms.items() if any(term in history for history in histories.values())}
    figure, panels = _panels(list(terms.values()), title)
    lines = {}
    for panel, term in zip(panels, terms, strict=True):
        for (label, history), look in zip(histories.items(), cycle(LOOKS), strict=False):
            if term in history:
                lines[label] = _draw_steps_and_means(panel, history, term, steps_per_epoch[label], look)
        shown = {label: history for label, history in histories.items() if term in history}
        opened = [_line(label, history, term, steps_per_epoch[label]) for label, history in shown.items()]
        figure.plots.append(Plot(terms[term], "loss", opened))
    figure.legend(lines.values(), lines, loc="outside lower left", ncols=_labels_in_a_row(list(lines), WIDTH))
    return figure


@matplotlib.rc_context(STYLE)
def smoothed_curves(
    history: pd.DataFrame,
    panels: dict[str, dict[str, str]],
    steps_per_epoch: int,
    title: str = "",
    decay: float = 0.99,
) -> Picture:
    """Each logged step light, their exponential moving average strong on top (report 003, figure 8).

    The average after row t, of all rows up to it: s_t = sum_i decay^i x_(t - i) / sum_i decay^i.

    panels: title -> {column of history: label} of the terms that share it; those that the history lacks are left out.
    """
    shown = {heading: {t: label for t, label in terms.items() if t in history} for heading, terms in panels.items()}
    shown = {heading: terms for heading, terms in shown.items() if terms}
    across = min(len(shown), 2)
    legend_columns = [_labels_in_a_row(list(terms.values()), WIDTH / across) for terms in shown.values()]
    legend_rows = [math.ceil(len(terms) / n) for terms, n in zip(shown.values(), legend_columns, strict=True)]
    figure, axes = _panels(list(shown), title, across, max(legend_rows))
    epochs = history["step"].to_numpy() / steps_per_epoch
    for panel, (heading, terms), columns in zip(axes, shown.items(), legend_columns, strict=True):
        opened = [_line(label, history, term, steps_per_epoch) for term, label in terms.items()]
        figure.plots.append(Plot(heading, "loss", opened))
        lines = {}
        for (term, label), look in zip(terms.items(), cycle(LOOKS), strict=False):
            values = _finite(history[term])
            _draw_steps(panel, epochs, values, look)
            average = values.ewm(alpha=1 - decay, adjust=True).mean().where(values.notna())
            lines[label] = _draw(panel, epochs, average, STRIPES, lw=1.6, **look)
        place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderpad": 0, "borderaxespad": 0.2}
        panel.legend(lines.values(), lines, ncols=columns, **place)
    return figure


@matplotlib.rc_context(STYLE)
def energy_over_epochs(
    series: dict[str, list[tuple[float, float]]], reference: dict[str, float] | None, title: str, ylabel: str
) -> Picture:
    """A marked line through the (epoch, value) of each series, a level for each reference (report 003, section 4.7).

    reference: label -> value, such as that of real images.
    """
    figure = Picture(figsize=(WIDTH, 3.2), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left")
    panel = figure.subplots()
    opened = []
    for (label, points), look in zip(series.items(), cycle(LOOKS), strict=False):
        epochs, values = np.array(points, dtype=float).T
        panel.plot(epochs, np.where(np.isfinite(values), values, np.nan), marker="o", ms=4, lw=1.6, label=label, **look)
        opened.append(line(label, epochs, values))
    for (label, value), dots in zip((reference or {}).items(), cycle(("--", ":", "-.")), strict=False):
        panel.axhline(value, color=MUTED, lw=1.2, ls=dots, label=label)
        ends = np.array([0, max(x for points in series.values() for x, _ in points)])
        opened.append(line(label, ends, np.full(2, value)))
    figure.plots.append(Plot(title, ylabel, opened))
    panel.set(xlabel="epoch", ylabel=ylabel, xlim=(0, None), ylim=(0, None))
    panel.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(loc="outside right upper", handlelength=3)
    return figure


def captioned(caption: str, *histories: pd.DataFrame) -> str:
    """The caption of curves, which says what is left out of lines of many points."""
    if max(map(len, histories)) <= 2 * STRIPES:
        return caption
    return (
        f"{caption} A light line of more than {2 * PIXELS} points is drawn through the least and the greatest in each "
        f"of {PIXELS} stripes, a strong one of more than {2 * STRIPES} through those in {STRIPES}: peaks are kept."
    )


def _panels(
    headings: list[str], title: str, across: int | None = None, legend_rows: int = 0
) -> tuple[Picture, list[Axes]]:
    """An empty panel for each heading, in rows, over one axis of epochs; room for a legend under each heading."""
    across = across or min(len(headings), 2 if len(headings) <= 4 else 3)
    down = math.ceil(len(headings) / across)
    figure = Picture(figsize=(WIDTH, 0.5 + max((2.0 + 0.2 * legend_rows) * down, 2.6)), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left")
    grid = figure.subplots(down, across, sharex=True, squeeze=False).flat
    for i, (panel, heading) in enumerate(zip(grid, headings, strict=False)):
        panel.set_title(heading, pad=6 + 14 * legend_rows)
        panel.set_ylabel("loss")
        if i + across >= len(headings):
            panel.set_xlabel("epoch")
            panel.tick_params(labelbottom=True)
    for panel in grid[len(headings) :]:
        panel.remove()
    return figure, list(grid[: len(headings)])


def _draw_steps_and_means(panel: Axes, history: pd.DataFrame, term: str, steps_per_epoch: int, look: dict) -> Line2D:
    """Returns the line of the means; an epoch in which a value is not finite has none."""
    values = _finite(history[term])
    _draw_steps(panel, history["step"].to_numpy() / steps_per_epoch, values, look)
    means = values.groupby(history["epoch"]).mean(skipna=False)
    return _draw(panel, means.index.to_numpy() + 0.5, means, STRIPES, lw=1.6, **look)


def _line(label: str, history: pd.DataFrame, term: str, steps_per_epoch: int) -> Line:
    """For the page: all logged steps of a loss term."""
    return line(label, history["step"].to_numpy() / steps_per_epoch, history[term].to_numpy())


def _draw_steps(panel: Axes, epochs: np.ndarray, values: pd.Series, look: dict) -> None:
    # Noise fills its panel: as vectors it would make most of the report's size, as a picture it is small.
    light = {"lw": 0.7, "ms": 3, "alpha": 0.35, "color": look["color"], "zorder": 1.5}
    _draw(panel, epochs, values, PIXELS, rasterized=len(values) > FEW, **light)


def _draw(panel: Axes, x: np.ndarray, y: pd.Series, stripes: int, **look) -> Line2D:
    kept = _thinned(y.to_numpy(), stripes)
    (line,) = panel.plot(x[kept], y.to_numpy()[kept], marker="." if len(y) <= FEW else None, **look)
    return line


def _finite(values: pd.Series) -> pd.Series:
    return values.where(np.isfinite(values))


def _thinned(values: np.ndarray, stripes: int) -> np.ndarray:
    """Which points to draw: all of a few; of many the ends, and the least and greatest in each of the stripes."""
    if len(values) <= 2 * stripes:
        return np.arange(len(values))
    kept = {0, len(values) - 1}
    for stripe in np.array_split(np.arange(len(values)), stripes):
        finite = stripe[np.isfinite(values[stripe])]
        if finite.size:
            kept |= {finite[values[finite].argmin()], finite[values[finite].argmax()]}
        else:
            kept.add(stripe[0])
    return np.array(sorted(kept))


def _labels_in_a_row(labels: list[str], width: float) -> int:
    """How many entries of a legend fit beside each other in that many inches."""
    return max(1, int((width - 0.7) / (max(map(text_width, labels)) + 0.6)))
