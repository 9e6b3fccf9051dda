"""Curves that readers point at, smooth and zoom, in a real browser."""

import json
import re

import numpy as np
import pytest

from tests.report.browser.tab import CURVES, STEPS
from tests.support.browser import needs_chromium

pytestmark = needs_chromium


def legend(tab) -> list[float]:
    """Return the epoch under the pointer, then the legend's values of the generator's total loss there."""
    panel = tab.locator(f"{CURVES} .panel").first
    return [float(n) for text in panel.locator(".u-value").all_text_contents()[:2] for n in re.findall(r"[\d.]+", text)]


def point_at(tab, share: float) -> None:
    box = tab.locator(f"{CURVES} .panel").first.locator(".u-over").bounding_box()
    tab.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)


def smooth(tab, decay: float) -> None:
    slider = tab.locator(f"{CURVES} input[type=range]")
    slider.evaluate("(s, decay) => { s.value = decay; s.dispatchEvent(new Event('input')); }", decay)


def test_curves_show_values_under_the_pointer(opened):
    tab = opened()
    tab.locator(CURVES).scroll_into_view_if_needed()
    smooth(tab, 0)
    point_at(tab, 0.5)
    epoch, mean, least, greatest = legend(tab)
    assert epoch == pytest.approx(STEPS / 2, rel=0.02)
    assert mean == pytest.approx(epoch, abs=0.6)  # the loss is the number of the step, an epoch has one step
    assert least <= mean <= greatest <= least + 2


def test_curves_smoothing_is_exponential_moving_average(opened, results):
    tab = opened()
    tab.locator(CURVES).scroll_into_view_if_needed()
    smooth(tab, 0.95)
    point_at(tab, 0.5)
    epoch, average, mean, *_ = legend(tab)
    file = results.root / "reports/rehearsal/figures/ucsd-figure-2.json"
    points = json.loads(file.read_text())["plots"][0]["lines"][0]
    place = int(np.argmin(np.abs(np.array(points["x"]) - epoch)))
    weights = 0.95 ** np.arange(place, -1, -1)
    assert average == pytest.approx(np.average(points["mean"][: place + 1], weights=weights), rel=1e-3)
    assert average < mean - 10


def test_curves_zoom_by_buttons_and_by_dragging(opened):
    tab = opened()
    tab.locator(CURVES).scroll_into_view_if_needed()

    def first_epoch() -> float:
        point_at(tab, 0.01)
        return legend(tab)[0]

    assert first_epoch() < 0.05 * STEPS
    tab.click(f"{CURVES} [aria-label='Zoom in']")
    assert first_epoch() == pytest.approx(STEPS / 4, rel=0.1)
    tab.click(f"{CURVES} [aria-label='Show all epochs']")
    assert first_epoch() < 0.05 * STEPS
    point_at(tab, 0.6)
    tab.mouse.down()
    point_at(tab, 0.8)
    tab.mouse.up()
    assert first_epoch() == pytest.approx(0.6 * STEPS, rel=0.1)


def test_curves_are_read_by_arrow_keys(opened):
    tab = opened()
    chart = tab.locator(f"{CURVES} .panel").first
    chart.focus()
    for _ in range(3):
        tab.keyboard.press("ArrowRight")
    epoch = legend(tab)[0]
    tab.keyboard.press("ArrowLeft")
    assert 0 <= legend(tab)[0] < epoch
