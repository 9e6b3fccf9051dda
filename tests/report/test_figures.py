from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from pixcycle.report import figures


@matplotlib.rc_context(figures.STYLE)
def drawing(text: str = "G $x$ _y_") -> Figure:
    figure = Figure(figsize=(3, 2))
    figure.subplots().plot([0, 1], label=text)
    figure.legend()
    figure.text(0, 0, text)
    return figure


@pytest.mark.parametrize("ending", ["svg", "jpg"])
def test_the_same_figure_is_saved_as_the_same_bytes_and_nothing_else(tmp_path: Path, ending: str):
    for name in ("a", "b"):
        figures.save(drawing(), tmp_path / "new" / f"{name}.{ending}")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [f"a.{ending}", f"b.{ending}"]
    first, second = ((tmp_path / "new" / f"{name}.{ending}").read_bytes() for name in "ab")
    assert first == second
    assert b"dc:date" not in first


def test_a_saved_picture_says_how_large_it_is(tmp_path: Path):
    figures.save(drawing(), tmp_path / "x.jpg")
    with Image.open(tmp_path / "x.jpg") as image:
        assert np.array(image.size) / image.info["dpi"] == pytest.approx([3, 2], abs=0.02)


def test_saving_leaves_the_style_of_other_figures_alone(tmp_path: Path):
    figure, before = drawing(), dict(matplotlib.rcParams)
    figures.save(figure, tmp_path / "a.svg")
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("text", ["conv 7×7", "W" * 30, "a $x$ that is no formula", "≥ 0.5"])
def test_a_text_is_as_wide_as_it_is_drawn(text: str):
    figure = drawing(text)
    figure.set_dpi(600)  # at which hinting no longer matters
    renderer = FigureCanvasAgg(figure).get_renderer()
    drawn = figure.texts[0].get_window_extent(renderer).width / figure.dpi
    assert figures.text_width(text) == pytest.approx(drawn, rel=0.02)


def test_a_wrapped_text_keeps_its_words_and_no_line_is_too_wide():
    text = "0.5 × L1 and a Donaudampfschifffahrtsgesellschaft"
    lines = figures.wrapped(text, 1.0).split("\n")
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert lines[0] == "0.5 × L1 and a"
    assert all(figures.text_width(line) <= 1.0 for line in lines)
