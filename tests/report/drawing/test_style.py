from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from pixcycle.report.drawing import style


@matplotlib.rc_context(style.STYLE)
def drawing(text: str = "G $x$ _y_") -> Figure:
    figure = Figure(figsize=(3, 2))
    figure.subplots().plot([0, 1], label=text)
    figure.legend()
    figure.text(0, 0, text)
    return figure


@pytest.mark.parametrize("ending", ["svg", "jpg"])
def test_save_writes_the_same_bytes_for_the_same_figure_and_no_more(tmp_path: Path, ending: str):
    for name in ("a", "b"):
        style.save(drawing(), tmp_path / "new" / f"{name}.{ending}")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [f"a.{ending}", f"b.{ending}"]
    first, second = ((tmp_path / "new" / f"{name}.{ending}").read_bytes() for name in "ab")
    assert first == second
    assert b"dc:date" not in first


def test_save_stores_the_resolution_in_jpeg(tmp_path: Path):
    style.save(drawing(), tmp_path / "x.jpg")
    with Image.open(tmp_path / "x.jpg") as image:
        assert np.array(image.size) / image.info["dpi"] == pytest.approx([3, 2], abs=0.02)


def test_save_leaves_the_global_style_unchanged(tmp_path: Path):
    figure, before = drawing(), dict(matplotlib.rcParams)
    style.save(figure, tmp_path / "a.svg")
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("text", ["conv 7×7", "W" * 30, "a $x$ that is no formula", "≥ 0.5"])
def test_text_width_equals_the_drawn_width(text: str):
    figure = drawing(text)
    figure.set_dpi(600)  # where hinting no longer matters
    renderer = FigureCanvasAgg(figure).get_renderer()
    drawn = figure.texts[0].get_window_extent(renderer).width / figure.dpi
    assert style.text_width(text) == pytest.approx(drawn, rel=0.02)


def test_wrapped_keeps_all_words_and_the_maximum_width():
    text = "0.5 × L1 and a Donaudampfschifffahrtsgesellschaft"
    lines = style.wrapped(text, 1.0).split("\n")
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert lines[0] == "0.5 × L1 and a"
    assert all(style.text_width(line) <= 1.0 for line in lines)
