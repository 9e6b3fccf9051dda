from itertools import pairwise
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from pixcycle.report import figures

HEADINGS = [
    "Input",
    "Ground truth",
    "L1 cyclic loss",
    "L2 cyclic loss",
    "L1 loss",
    "0.5 × L1 + 0.5 × L2, cyclic",
    "Patch GAN 16 with a receptive field of 16 pixels",
    "Donaudampfschifffahrtsgesellschaft",
    "WWWWWWWWWWWWWWW $x$ _y_",
]


def history(epochs: int, steps: int) -> pd.DataFrame:
    """In step s of epoch e, g = 10 e + s and d = -e: their means are 10 e + (steps - 1) / 2 and -e."""
    rows = [(e, e * steps + s, 10.0 * e + s, -float(e)) for e in range(epochs) for s in range(steps)]
    return pd.DataFrame(rows, columns=["epoch", "step", "g", "d"])


def curves(figure: Figure) -> dict[str, tuple]:
    """Panel title -> its two lines, the steps and the means."""
    return {panel.get_title(loc="left"): tuple(panel.get_lines()) for panel in figure.axes}


def tile(value: int, height: int = 8, width: int = 8) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def boxes(figure: Figure, texts: list) -> list:
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    return [text.get_window_extent(renderer) for text in texts]


def shown_texts(figure: Figure) -> list[str]:
    return [text.get_text() for panel in figure.axes for text in panel.texts]


def test_each_loss_has_a_panel_with_its_steps_and_its_means_an_epoch():
    drawn = curves(figures.loss_curves(history(3, 4), {"g": "Generator", "d": "Discriminator"}, 4))
    assert list(drawn) == ["Generator", "Discriminator"]
    steps, means = drawn["Generator"]
    assert steps.get_xdata() == pytest.approx(np.arange(12) / 4)
    assert steps.get_ydata() == pytest.approx([0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23])
    assert means.get_xdata() == pytest.approx([0.5, 1.5, 2.5])
    assert means.get_ydata() == pytest.approx([1.5, 11.5, 21.5])
    assert drawn["Discriminator"][1].get_ydata() == pytest.approx([0, -1, -2])


def test_steps_that_were_logged_now_and_then_stand_at_their_place_in_the_epoch():
    every_second = history(2, 4).iloc[::2]
    steps, means = curves(figures.loss_curves(every_second, {"g": "G"}, 4))["G"]
    assert steps.get_xdata() == pytest.approx([0, 0.5, 1, 1.5])
    assert means.get_ydata() == pytest.approx([1, 11])


def test_an_epoch_in_which_a_loss_was_lost_has_no_mean():
    broken = history(2, 4)
    broken.loc[5, "g"] = np.nan
    _, means = curves(figures.loss_curves(broken, {"g": "G"}, 4))["G"]
    assert means.get_ydata() == pytest.approx([1.5, np.nan], nan_ok=True)


def test_the_axes_of_losses_are_named_and_no_panel_is_empty():
    five = {name: name for name in "abcde"}
    data = history(2, 3).assign(**dict.fromkeys(five, 1.0))
    panels = figures.loss_curves(data, five, 3, "a run").axes
    assert [panel.get_title(loc="left") for panel in panels] == list("abcde")
    assert {panel.get_ylabel() for panel in panels} == {"loss"}
    assert [panel.get_xlabel() for panel in panels] == ["", "", "epoch", "epoch", "epoch"]


def test_a_grid_shows_the_images_under_their_headings_and_says_which_were_not_run():
    figure = figures.image_grid([("Input", [tile(1), tile(2)]), ("Output", [tile(3), None])])
    panels = figure.axes
    assert [panel.get_title() for panel in panels] == ["Input", "Output", "", ""]
    drawn = [[image.get_array() for image in panel.get_images()] for panel in panels]
    assert [np.unique(array).tolist() for arrays in drawn for array in arrays] == [[1], [3], [2]]
    assert [len(arrays) for arrays in drawn] == [1, 1, 1, 0]
    assert shown_texts(figure) == ["not run"]


def test_a_grid_in_which_nothing_was_run_is_drawn_all_the_same():
    assert shown_texts(figures.image_grid([("a", [None]), ("b", [None])])) == ["not run"] * 2


def test_nine_long_headings_neither_overlap_nor_leave_the_figure():
    figure = figures.image_grid([(heading, [tile(0)]) for heading in HEADINGS], ["a row with a long label"])
    titles = [panel.title for panel in figure.axes]
    assert ["".join(t.get_text().split()) for t in titles] == ["".join(h.split()) for h in HEADINGS]
    drawn = boxes(figure, titles)
    assert all(left.x1 < right.x0 for left, right in pairwise(drawn))
    assert all(box.y1 <= figure.bbox.y1 for box in drawn)
    (label,) = boxes(figure, [figure.axes[0].yaxis.label])
    assert label.x0 >= -1
    assert label.x1 <= figure.axes[0].bbox.x0


def test_a_title_stands_above_the_headings():
    figure = figures.image_grid([("one\ntwo", [tile(0)])], title="The title")
    title, heading = boxes(figure, [figure._suptitle, figure.axes[0].title])
    assert heading.y1 <= title.y0
    assert title.y1 <= figure.bbox.y1 + 1


@pytest.mark.parametrize(("across", "least", "most"), [(9, 105, 120), (2, 160, 180)])
def test_small_images_are_enlarged_and_keep_their_shape(across, least, most):
    figure = figures.image_grid([("x", [tile(0, 32, 64)])] * across)
    pixel = figure.dpi / 96
    for panel in figure.axes:
        assert least <= panel.bbox.width / pixel <= most
        assert panel.bbox.width / panel.bbox.height == pytest.approx(2, rel=1e-6)


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_the_same_figure_is_saved_as_the_same_bytes_and_nothing_else(tmp_path: Path, ending: str):
    for name in ("a", "b"):
        figure = figures.loss_curves(history(3, 4), {"g": "G $x$"}, 4, "title")
        figures.save(figure, tmp_path / "new" / f"{name}.{ending}")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [f"a.{ending}", f"b.{ending}"]
    first, second = ((tmp_path / "new" / f"{name}.{ending}").read_bytes() for name in "ab")
    assert first == second
    assert b"dc:date" not in first


def test_a_saved_picture_says_how_large_it_is(tmp_path: Path):
    figure = figures.image_grid([("x", [tile(0)])] * 9)
    inches = figure.get_size_inches()
    figures.save(figure, tmp_path / "x.png")
    with Image.open(tmp_path / "x.png") as image:
        assert np.array(image.size) / image.info["dpi"] == pytest.approx(inches, abs=0.02)


def test_drawing_leaves_the_style_of_other_figures_alone(tmp_path: Path):
    before = dict(matplotlib.rcParams)
    figures.save(figures.image_grid([("a", [tile(0)])]), tmp_path / "a.svg")
    assert dict(matplotlib.rcParams) == before
