from itertools import pairwise

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pixcycle.report.drawing.grids import BRIGHTEST_ERROR, ERROR_HEADING, error_map, image_grid

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


def tile(value: int, height: int = 8, width: int = 8) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def boxes(figure: Figure, texts: list) -> list:
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    return [text.get_window_extent(renderer) for text in texts]


def shown_texts(figure: Figure) -> list[str]:
    return [text.get_text() for panel in figure.axes for text in panel.texts]


def test_image_grid_shows_images_under_headings_and_marks_not_run():
    figure = image_grid([("Input", [tile(1), tile(2)]), ("Output", [tile(3), None])])
    panels = figure.axes
    assert [panel.get_title() for panel in panels] == ["Input", "Output", "", ""]
    drawn = [[image.get_array() for image in panel.get_images()] for panel in panels]
    assert [np.unique(array).tolist() for arrays in drawn for array in arrays] == [[1], [3], [2]]
    assert [len(arrays) for arrays in drawn] == [1, 1, 1, 0]
    assert shown_texts(figure) == ["not run"]
    assert panels[0].get_position().y0 > panels[2].get_position().y1
    assert panels[0].get_position().x1 < panels[1].get_position().x0


def test_image_grid_leaves_out_columns_and_groups_that_were_not_run():
    columns = [("Input", [tile(1)]), ("a", [None]), ("b", [None]), ("c", [tile(2)])]
    figure = image_grid(columns, groups=[("first", 2), ("second", 1), ("third", 1)])
    assert [panel.get_title() for panel in figure.axes] == ["Input", "c"]
    assert [text.get_text() for text in figure.texts if text.get_text()] == ["first", "third"]


def test_image_grid_without_any_image_is_drawn():
    assert shown_texts(image_grid([("a", [None]), ("b", [None])])) == ["not run"] * 2


def test_image_grid_cell_may_hold_text_instead_of_an_image():
    figure = image_grid([("a", [tile(0), None])] * 6 + [("Truth", ["no pair", "collapsed in the first epoch"])])
    assert shown_texts(figure)[0] == "no pair"
    assert shown_texts(figure)[-1].split() == ["collapsed", "in", "the", "first", "epoch"]
    words = figure.axes[-1].texts
    (drawn,) = boxes(figure, words)
    assert figure.axes[-1].bbox.x0 <= drawn.x0 + 1
    assert drawn.x1 <= figure.axes[-1].bbox.x1 + 1


def test_image_grid_headings_neither_overlap_nor_leave_the_figure():
    figure = image_grid([(heading, [tile(0)]) for heading in HEADINGS], ["a row with a long label"])
    titles = [panel.title for panel in figure.axes]
    assert ["".join(t.get_text().split()) for t in titles] == ["".join(h.split()) for h in HEADINGS]
    drawn = boxes(figure, titles)
    assert all(left.x1 < right.x0 for left, right in pairwise(drawn))
    assert all(box.y1 <= figure.bbox.y1 for box in drawn)
    (label,) = boxes(figure, [figure.axes[0].yaxis.label])
    assert label.x0 >= -1
    assert label.x1 <= figure.axes[0].bbox.x0


def test_image_grid_title_is_above_the_headings():
    figure = image_grid([("one\ntwo", [tile(0)])], title="The title")
    title, heading = boxes(figure, [figure._suptitle, figure.axes[0].title])
    assert heading.y1 <= title.y0
    assert title.y1 <= figure.bbox.y1


def test_image_grid_group_heading_spans_its_columns_with_wider_gaps():
    columns = [("Input", [tile(0)]), ("epoch 1", [tile(0)]), ("epoch 100 of the training", [tile(0)])]
    figure = image_grid(columns, ["a"], "The title", [("", 1), ("horse to zebra", 2)])
    first, second, third = (panel.bbox for panel in figure.axes)
    assert second.x0 - first.x1 > 2 * (third.x0 - second.x1)
    (heading,) = [text for text in figure.texts if text.get_text() == "horse to zebra"]
    drawn, title, *headings = boxes(figure, [heading, figure._suptitle, *(panel.title for panel in figure.axes)])
    assert (drawn.x0 + drawn.x1) / 2 == pytest.approx((second.x0 + third.x1) / 2, abs=1)
    assert max(box.y1 for box in headings) <= drawn.y0
    assert drawn.y1 <= title.y0
    (rule,) = figure.artists
    assert rule.get_xdata() * figure.bbox.width == pytest.approx([second.x0, third.x1])


@pytest.mark.parametrize(("across", "least", "most"), [(9, 105, 120), (2, 160, 180)])
def test_image_grid_enlarges_small_images_and_keeps_their_shape(across, least, most):
    figure = image_grid([("x", [tile(0, 32, 64)])] * across)
    pixel = figure.dpi / 96
    for panel in figure.axes:
        assert least <= panel.bbox.width / pixel <= most
        assert panel.bbox.width / panel.bbox.height == pytest.approx(2, rel=1e-6)


def test_image_grid_leaves_the_global_style_unchanged():
    before = dict(matplotlib.rcParams)
    image_grid([("a", [tile(0)])])
    assert dict(matplotlib.rcParams) == before


def test_error_map_is_black_at_zero_and_pale_yellow_from_half_range():
    fake = np.stack([tile(100), tile(100), tile(0)])
    real = np.stack([tile(100), tile(255), tile(255)])
    same, large, largest = (np.unique(error_map(f, r).reshape(-1, 3), axis=0) for f, r in zip(fake, real, strict=True))
    assert same.tolist() == [[0, 0, 3]]  # the ends of matplotlib's magma, as its documentation shows them
    assert large.tolist() == largest.tolist() == [[251, 252, 191]]


def test_error_map_brightens_with_mean_absolute_error_over_channels():
    real = np.full((1, 128, 3), 128, np.uint8)
    fake = real.copy()
    fake[0, :, 0] = np.arange(128)
    shown = error_map(fake, real)
    luminance = shown[0].astype(float) @ [0.2126, 0.7152, 0.0722]
    assert shown.shape == (1, 128, 3)
    assert shown.dtype == np.uint8
    assert (np.diff(luminance) < 1).all()  # of 255: colours are rounded
    assert luminance[0] > luminance[-1] + 20
    grey = np.full((1, 1, 3), 128, np.uint8)
    spread = error_map(np.array([[[128 + 30, 128, 128]]], np.uint8), grey)
    even = error_map(np.array([[[128 - 10, 128 + 10, 128 - 10]]], np.uint8), grey)
    assert (spread == even).all()


def test_error_heading_states_the_scale():
    assert BRIGHTEST_ERROR == 0.5
    assert "0.5" in ERROR_HEADING
