"""Contrasts of the page's colours in the light and dark themes, by the formula of WCAG 2 at level AA."""

import re
from pathlib import Path

import pytest

from pixcycle.report.rendering import page

CSS = (page.TEMPLATES / "report.css").read_text()
COLOURS = {name: pair for name, *pair in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", CSS)}
TEXTS = [
    *[(ink, paper) for ink in ("ink", "muted", "accent") for paper in ("paper", "faint")],
    *[(name, f"{name}-paper") for name in ("published", "warning", "holds", "fails", "unclear")],
    ("ink", "warning-paper"),
]
LINES = [(line, "paper") for line in ("line-1", "line-2", "line-3", "accent", "muted")]
"""Curves, and the borders of buttons and of the focused element."""


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_known_colours_matches_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") >= 4.5 > contrast("#777777", "#ffffff")


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_colours_of_texts_and_lines_contrast_with_background(theme):
    for pairs, least in ((TEXTS, 4.5), (LINES, 3)):
        for front, behind in pairs:
            assert contrast(COLOURS[front][theme], COLOURS[behind][theme]) >= least, (front, behind)


def test_css_defines_each_colour_once_and_uses_no_undefined_one():
    css = CSS + (Path(page.TEMPLATES) / "opened.css").read_text()
    named = re.findall(r"(?<!var\()--([\w-]+):", css)
    assert len(set(named)) == len(named)
    assert set(re.findall(r"var\(--([\w-]+)", css)) - set(named) == {"shape", "zoom"}  # set by the viewer
