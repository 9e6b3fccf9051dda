"""Curves over epochs: losses of one or several runs, and values measured after selected epochs.

A curve has a gap where its values are not finite, as at the end of a collapsed run.
"""

import math
from itertools import cycle

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from pixcycle.report.drawing.interactive import Line, Picture, Plot, line
from pixcycle.report.drawing.style import INK, LIGHT, MUTED, STRONG, STYLE, WIDTH, text_width

FEW = 20  # lines with at most this many points are drawn with markers
PIXELS, STRIPES = int(WIDTH * STYLE["savefig.dpi"]), 120  # stripes of a longer line: rasterized, vector
LOOKS = [{"color": color, "ls": dashes} for dashes in ("-", (0, (4, 1.2))) for color in (STRONG, "#e69f00", INK)]
"""Looks of the lines in one panel: colours that differ in lightness, first solid, then dashed."""


@matplotlib.rc_context(STYLE)
def loss_curves(history: pd.DataFrame, terms: dict[str, str], steps_per_epoch: int, title: str = "") -> Picture:
    """Draw the losses of a run, one panel per loss term, as their scales differ.

    Logged steps are drawn light, the mean of each epoch strong.

    Parameters
    ----------
    history
        One row per logged step, with columns `epoch` and `step` (both counted from 0 over the whole run) and the loss
        terms.
    terms
        Column of `history` -> title of its panel.
    """
    figure, panels = _panels(list(terms.values()), title)
    figure.note = _thinning(history)
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
    """Draw several runs together, one panel per loss term, as in `loss_curves` (report 001, figure 7; 002, figure 19).

    Parameters
    ----------
    histories, steps_per_epoch
        Label of a run -> its history and its number of steps per epoch.
    terms
        As in `loss_curves`. Terms that no run has are left out.
    """
    terms = {term: label for term, label in terms.items() if any(term in history for history in histories.values())}
    figure, panels = _panels(list(terms.values()), title)
    figure.note = _thinning(*histories.values())
    lines = {}
    for panel, term in zip(panels, terms, strict=True):
        for (label, history), look in zip(histories.items(), cycle(LOOKS), strict=False):
            if term in history:
                lines[label] = _draw_steps_and_means(panel, history, term, steps_per_epoch[label], look)
        with_term = {label: history for label, history in histories.items() if term in history}
        page_lines = [_line(label, history, term, steps_per_epoch[label]) for label, history in with_term.items()]
        figure.plots.append(Plot(terms[term], "loss", page_lines))
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
    """Draw logged steps light and their exponential moving average strong on top (report 003, figure 8).

    The average after row t covers all rows up to it: s_t = sum_i decay^i x_(t - i) / sum_i decay^i.

    Parameters
    ----------
    history, steps_per_epoch
        As in `loss_curves`.
    panels
        Title of a panel -> {column of history: label} of the terms drawn in it. Terms that the history lacks, and
        panels without any, are left out.
    """
    present = {heading: {t: label for t, label in terms.items() if t in history} for heading, terms in panels.items()}
    present = {heading: terms for heading, terms in present.items() if terms}
    across = min(len(present), 2)
    legend_columns = [_labels_in_a_row(list(terms.values()), WIDTH / across) for terms in present.values()]
    legend_rows = [math.ceil(len(terms) / n) for terms, n in zip(present.values(), legend_columns, strict=True)]
    figure, axes = _panels(list(present), title, across, max(legend_rows))
    figure.note = _thinning(history)
    epochs = history["step"].to_numpy() / steps_per_epoch
    for panel, (heading, terms), columns in zip(axes, present.items(), legend_columns, strict=True):
        page_lines = [_line(label, history, term, steps_per_epoch) for term, label in terms.items()]
        figure.plots.append(Plot(heading, "loss", page_lines))
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
    """Draw a marked line through the (epoch, value) pairs of each series (report 003, section 4.7).

    Parameters
    ----------
    reference
        Label -> value of a horizontal line, such as the value of real images.
    """
    figure = Picture(figsize=(WIDTH, 3.2), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left")
    panel = figure.subplots()
    page_lines = []
    for (label, points), look in zip(series.items(), cycle(LOOKS), strict=False):
        epochs, values = np.array(points, dtype=float).T
        panel.plot(epochs, np.where(np.isfinite(values), values, np.nan), marker="o", ms=4, lw=1.6, label=label, **look)
        page_lines.append(line(label, epochs, values))
    for (label, value), dots in zip((reference or {}).items(), cycle(("--", ":", "-.")), strict=False):
        panel.axhline(value, color=MUTED, lw=1.2, ls=dots, label=label)
        ends = np.array([0, max(x for points in series.values() for x, _ in points)])
        page_lines.append(line(label, ends, np.full(2, value)))
    figure.plots.append(Plot(title, ylabel, page_lines))
    panel.set(xlabel="epoch", ylabel=ylabel, xlim=(0, None), ylim=(0, None))
    panel.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(loc="outside right upper", handlelength=3)
    return figure


def _thinning(*histories: pd.DataFrame) -> str:
    """Return a note on the lines that are not drawn through all their points; empty if the histories are short."""
    if max(map(len, histories)) <= 2 * STRIPES:
        return ""
    return (
        f"A light line of more than {2 * PIXELS} points is drawn through the least and the greatest in each "
        f"of {PIXELS} stripes, a strong one of more than {2 * STRIPES} through those in {STRIPES}: peaks are kept."
    )


def _panels(
    headings: list[str], title: str, across: int | None = None, legend_rows: int = 0
) -> tuple[Picture, list[Axes]]:
    """Return a figure with an empty panel per heading, over a shared axis of epochs, with room for legends."""
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
    """Draw one run and return the line of its epoch means; an epoch with a value that is not finite has no mean."""
    values = _finite(history[term])
    _draw_steps(panel, history["step"].to_numpy() / steps_per_epoch, values, look)
    means = values.groupby(history["epoch"]).mean(skipna=False)
    return _draw(panel, means.index.to_numpy() + 0.5, means, STRIPES, lw=1.6, **look)


def _line(label: str, history: pd.DataFrame, term: str, steps_per_epoch: int) -> Line:
    """Return all logged steps of a loss term, as a line of the interactive page."""
    return line(label, history["step"].to_numpy() / steps_per_epoch, history[term].to_numpy())


def _draw_steps(panel: Axes, epochs: np.ndarray, values: pd.Series, look: dict) -> None:
    # Noise fills its panel: as vectors it would dominate the size of the report; rasterized it is small.
    light = {"lw": 0.7, "ms": 3, "alpha": 0.35, "color": look["color"], "zorder": 1.5}
    _draw(panel, epochs, values, PIXELS, rasterized=len(values) > FEW, **light)


def _draw(panel: Axes, x: np.ndarray, y: pd.Series, stripes: int, **look) -> Line2D:
    kept = _thinned(y.to_numpy(), stripes)
    (line,) = panel.plot(x[kept], y.to_numpy()[kept], marker="." if len(y) <= FEW else None, **look)
    return line


def _finite(values: pd.Series) -> pd.Series:
    return values.where(np.isfinite(values))


def _thinned(values: np.ndarray, stripes: int) -> np.ndarray:
    """Return the indices to draw: all of a short line, else both ends and the extremes of each stripe."""
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
    """Return how many legend entries fit next to each other in `width` inches."""
    return max(1, int((width - 0.7) / (max(map(text_width, labels)) + 0.6)))
