"""The viewer of the images in a row, in a real browser."""

import re

import numpy as np
import pytest
from PIL import Image

from pixcycle.paths import fakes_folder
from tests.report.browser.tab import GRID, open_row
from tests.support.browser import needs_chromium

pytestmark = needs_chromium


def clip(tab) -> float:
    """Return how much of the left image the viewer shows, in percent."""
    path = tab.eval_on_selector("#viewer canvas:nth-of-type(2)", "canvas => getComputedStyle(canvas).clipPath")
    return float(re.fullmatch(r"inset\(0(?:px)? 0(?:px)? 0(?:px)? ([\d.]+)%\)", path)[1])


def test_viewer_divider_follows_slider_and_pointer(opened):
    tab = opened()
    open_row(tab, GRID, 0)
    assert clip(tab) == 50
    tab.locator("#viewer input").focus()
    tab.keyboard.press("Home")
    assert clip(tab) == 0
    box = tab.locator("#viewer .pair").bounding_box()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + 9)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] / 4, box["y"] + 9)
    tab.mouse.up()
    assert clip(tab) == pytest.approx(25, abs=1)
    assert float(tab.input_value("#viewer input")) == pytest.approx(clip(tab))


def test_viewer_shows_images_of_row_under_their_headings(opened, results):
    tab, values = opened(), results.values()
    open_row(tab, "#ucsd-figure-3-facades", 0)
    run = values.one("ucsd-facades-l1")
    place = 1  # val/8, as in the report
    data = results.root / "data/prepared" / run.data
    fake = fakes_folder(results.root / run.translated, run.config.direction) / "val/8.png"
    source, target = ("A", "B") if run.config.direction == "a_to_b" else ("B", "A")
    expected = {
        "Input": np.load(data / f"test_{source}.npy")[place],
        "Ground truth": np.load(data / f"test_{target}.npy")[place],
        run.config.label: np.asarray(Image.open(fake)),
    }
    mean = """canvas => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const sums = [0, 0, 0];
        for (let i = 0; i < data.length; i++) if (i % 4 < 3) sums[i % 4] += data[i];
        return sums.map((sum) => (4 * sum) / data.length);
    }"""
    for heading, image in expected.items():
        tab.select_option("#viewer label:nth-of-type(2) select", label=heading)
        canvas = tab.locator("#viewer canvas").nth(1)
        assert canvas.get_attribute("aria-label") == heading
        assert canvas.evaluate(mean) == pytest.approx(image.mean(axis=(0, 1)), abs=4)


def test_viewer_keys_change_row_zoom_and_close(opened):
    tab = opened()
    button = open_row(tab, GRID, 1)
    title = tab.locator("#viewer-title")
    names = [title.text_content()]
    for key in ("ArrowRight", "ArrowLeft", "ArrowLeft"):
        tab.keyboard.press(key)
        names.append(title.text_content())
    assert [name.rpartition(", ")[2] for name in names] == ["row 2", "row 3", "row 2", "row 1"]
    tab.keyboard.press("+")
    assert tab.text_content("#viewer output") == "2×"
    assert tab.eval_on_selector("#viewer .stage", "stage => stage.scrollWidth > stage.clientWidth")
    tab.keyboard.press("Escape")
    assert not tab.is_visible("#viewer")
    assert button.evaluate("button => button === document.activeElement")


def test_viewer_compares_clicked_image_with_input(opened):
    tab = opened()
    box = tab.locator(f"{GRID} .strip").first.bounding_box()
    tab.locator(f"{GRID} .strip").first.click(position={"x": box["width"] - 9, "y": 9})
    chosen = [select.evaluate("s => s.selectedOptions[0].text") for select in tab.locator("#viewer select").all()]
    assert chosen == ["Input", "L2 loss"]
