"""The page on its first screen, in windows of any width, in both themes, without scripts and in print."""

import re

import pytest

from pixcycle.report.content import Figure, blocks_of
from tests.report.browser.tab import CURVES, GRID, open_row
from tests.support.browser import needs_chromium

pytestmark = needs_chromium


def test_first_screen_shows_status_samples_and_matrix(opened):
    tab = opened()
    status = tab.locator(".status > li").evaluate_all("items => items.map((li) => li.getBoundingClientRect().top)")
    assert len(status) > 4 and max(status) - min(status) < 2  # one line
    for part in (".sample img", ".chips", ".matrix summary"):
        assert tab.locator(part).first.bounding_box()["y"] < 900 - 40
    for chip in tab.locator(".status .notice > button").all():
        assert chip.evaluate("chip => chip.scrollWidth <= chip.clientWidth")  # not cut off
    tab.locator(".status .notice > button").first.click()
    assert "Smaller than published" in tab.locator(":popover-open").text_content()
    tab.locator(":popover-open .close").click()
    assert tab.locator(":popover-open").count() == 0


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_page_never_scrolls_sideways(opened, width):
    tab = opened(viewport={"width": width, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    open_row(tab, GRID, 0)
    box = tab.locator("#viewer").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width
    assert tab.eval_on_selector("#viewer", "viewer => viewer.scrollWidth <= viewer.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_theme_is_the_systems_until_changed_and_after_reload(opened, scheme):
    tab = opened(color_scheme=scheme)

    def lightness() -> int:
        return int(re.search(r"\d+", tab.evaluate("getComputedStyle(document.body).backgroundColor"))[0])

    assert (lightness() > 128) == (scheme == "light")
    tab.click("#theme")
    assert (lightness() > 128) == (scheme == "dark")
    tab.reload()
    assert (lightness() > 128) == (scheme == "light")


def test_page_without_scripts_shows_all_and_no_dead_buttons(opened, whole):
    tab = opened(java_script_enabled=False)
    figures = blocks_of(whole.sections, Figure)
    assert tab.locator("figure.picture img").count() == len(figures)
    for image in tab.locator("figure.picture img").all():
        assert image.is_visible() and image.bounding_box()["width"] > 100
    assert all(table.is_visible() for table in tab.locator("figure.table table").all())
    assert [button for button in tab.locator("button:not([popovertarget])").all() if button.is_visible()] == []


def test_page_prints_static_figures(opened):
    tab = opened()
    assert not tab.is_visible(f"{CURVES} img")
    tab.emulate_media(media="print")
    assert tab.is_visible(f"{CURVES} img") and not tab.is_visible(f"{CURVES} .plots")
    assert not tab.locator(".strip").first.is_visible()
