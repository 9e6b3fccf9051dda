"""Tests of the data for the interactive view of figures."""

import json

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from pixcycle.report.drawing import curves, style
from pixcycle.report.drawing.grids import SURROUND, image_grid
from pixcycle.report.drawing.interactive import POINTS, line, opened_file

SHADES = [[20, 60], [100, 140], [180, 220]]
"""Grey levels of the images of each column, by row."""


def tile(value: int) -> np.ndarray:
    return np.full((8, 12, 3), value, np.uint8)


def grid(**options):
    columns = [(heading, [tile(shade) for shade in shades]) for heading, shades in zip("abc", SHADES, strict=True)]
    return image_grid(columns, **options)


def opened(path) -> dict:
    return json.loads(opened_file(path).read_text())


def test_write_opened_boxes_locate_the_images_in_the_saved_grid(tmp_path, monkeypatch):
    monkeypatch.setitem(style.JPEG, "quality", 92)  # sharper edges than a page needs
    path = tmp_path / "grid.jpg"
    style.save(grid(row_labels=["first", "second"], title="A title", groups=[("one", 2), ("other", 1)]), path)
    drawn = np.asarray(Image.open(path))
    (first, second) = opened(path)["strips"]
    for row, strip in enumerate((first, second)):
        for image, shades in zip(strip["images"], SHADES, strict=False):
            left, top, width, height = np.array(image["box"]) * np.tile(drawn.shape[1::-1], 2)
            cut = drawn[int(top) + 2 : int(top + height) - 1, int(left) + 2 : int(left + width) - 1]
            assert np.abs(cut.astype(int) - shades[row]).max() <= 15  # of 255: JPEG blurs the edges
            assert width / height == pytest.approx(12 / 8, rel=1e-3)
            around = drawn[int(top) - 3 : int(top + height) + 4, int(left) - 3 : int(left + width) + 4]
            away = np.abs(around - 255 * np.array(to_rgb(SURROUND)))
            assert (away[[0, -1]] < 15).all() and (away[:, [0, -1]] < 15).all()


def test_strips_hold_the_images_of_one_row_and_group():
    figure = grid(row_labels=["first", "second"], groups=[("pairs", 2), ("single", 1)])
    assert [strip.label for strip in figure.strips] == ["pairs, first", "pairs, second"]
    assert [[image.heading for image in strip.images] for strip in figure.strips] == [["a", "b"]] * 2
    assert [strip.label for strip in grid().strips] == ["row 1", "row 2"]
    assert [strip.label for strip in image_grid([("a", [tile(0)]), ("b", [tile(1)])]).strips] == [""]


def test_strips_leave_out_cells_without_an_image():
    figure = image_grid([("a", [tile(0)] * 2), ("b", ["no pair", tile(1)]), ("c", [None, tile(2)])])
    assert [[image.heading for image in strip.images] for strip in figure.strips] == [["a", "b", "c"]]


def test_line_reduces_long_curves_to_mean_least_and_greatest():
    x = np.arange(2.0 * POINTS)
    drawn = line("up", x, 3 * x)
    assert drawn.each == 2
    assert drawn.x == [2 * i + 0.5 for i in range(POINTS)]
    assert drawn.mean == pytest.approx([6 * i + 1.5 for i in range(POINTS)], rel=1e-4)
    assert drawn.least == [6 * i for i in range(POINTS)]
    assert drawn.greatest == [6 * i + 3 for i in range(POINTS)]


def test_line_keeps_short_curves_with_gaps_at_non_finite_values():
    drawn = line("", np.arange(5), np.array([1, np.nan, 1 / 3, np.inf, 2]))
    assert (drawn.each, drawn.x) == (1, [0, 1, 2, 3, 4])
    assert drawn.mean == drawn.least == drawn.greatest == [1, None, 0.33333, None, 2]


def test_line_has_a_gap_where_a_merged_value_is_not_finite():
    values = np.ones(3 * POINTS)
    values[[4, 11]] = np.inf
    drawn = line("", np.arange(len(values)), values)
    assert [i for i, mean in enumerate(drawn.mean) if mean is None] == [1, 3]


def test_write_opened_stores_curves_by_panel_and_run_over_epochs(tmp_path):
    steps = pd.DataFrame({"epoch": [0, 0, 1, 1], "step": [0, 1, 2, 3], "g": [4.0, 3, 2, 1], "d": [0.5] * 4})
    terms = {"g": "Generator", "d": "Discriminator"}
    path = tmp_path / "curves.svg"
    style.save(curves.compared_curves({"a": steps, "b": steps[["epoch", "step", "g"]]}, terms, {"a": 2, "b": 1}), path)
    generator, discriminator = opened(path)["plots"]
    assert [generator["title"], discriminator["title"]] == ["Generator", "Discriminator"]
    assert [(drawn["label"], drawn["x"]) for drawn in generator["lines"]] == [
        ("a", [0, 0.5, 1, 1.5]),
        ("b", [0, 1, 2, 3]),
    ]
    assert [drawn["label"] for drawn in discriminator["lines"]] == ["a"]
    assert generator["lines"][0]["mean"] == [4, 3, 2, 1]


def test_energy_over_epochs_reference_level_spans_all_epochs():
    figure = curves.energy_over_epochs({"run": [(10, 0.2), (40, 0.1)]}, {"real images": 0.05}, "", "energy")
    run, real = figure.plots[0].lines
    assert (run.x, run.mean) == ([10, 40], [0.2, 0.1])
    assert (real.label, real.x, real.mean) == ("real images", [0, 40], [0.05, 0.05])


def test_save_writes_no_json_for_a_single_image(tmp_path):
    style.save(image_grid([("a", [tile(0)])]), tmp_path / "one.jpg")
    assert [file.name for file in tmp_path.iterdir()] == ["one.jpg"]


def test_write_opened_stores_no_plots_for_an_empty_history(tmp_path):
    nothing = pd.DataFrame({"epoch": [], "step": [], "g": []})
    style.save(curves.loss_curves(nothing, {"g": "Generator"}, 1), tmp_path / "nothing.svg")
    assert opened(tmp_path / "nothing.svg")["plots"] == []
