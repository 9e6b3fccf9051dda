"""What is written can be read, in light and in dark: contrasts by the formula of WCAG 2, level AA."""

import re
from pathlib import Path

import pytest

from pixcycle.report import page

CSS = (page.TEMPLATES / "report.css").read_text()
COLOURS = {name: pair for name, *pair in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", CSS)}
TEXTS = [
    *[(ink, paper) for ink in ("ink", "muted", "accent") for paper in ("paper", "faint")],
    *[(name, f"{name}-paper") for name in ("published", "warning", "holds", "fails", "unclear")],
    ("ink", "warning-paper"),
]
LINES = [(line, "paper") for line in ("line-1", "line-2", "line-3", "accent", "muted")]
"""Curves, and the rims of buttons and of what has the focus."""


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_has_the_contrast_21_and_the_lightest_grey_that_passes_is_the_known_one():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") >= 4.5 > contrast("#777777", "#ffffff")


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_texts_and_lines_stand_out_from_what_is_behind_them(theme):
    for pairs, least in ((TEXTS, 4.5), (LINES, 3)):
        for front, behind in pairs:
            assert contrast(COLOURS[front][theme], COLOURS[behind][theme]) >= least, (front, behind)


def test_a_colour_is_named_once_and_nothing_is_coloured_by_a_name_that_has_none():
    css = CSS + (Path(page.TEMPLATES) / "opened.css").read_text()
    named = re.findall(r"(?<!var\()--([\w-]+):", css)
    assert len(set(named)) == len(named)
    assert set(re.findall(r"var\(--([\w-]+)", css)) - set(named) == {"shape", "zoom"}  # which the viewer sets
