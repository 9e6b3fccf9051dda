"""Appearance of images against closed forms."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from pixcycle.metrics.appearance import brightness, contrast, greenness, saturation, sharpness
from tests.metrics.test_checkerboard import grey


def wave(period: int, amplitude: float = 100, side: int = 67) -> np.ndarray:
    """Return a wave along rows, one image; its 64 windows of 4 pixels have whole periods of up to 64 pixels."""
    x = np.arange(side)
    return grey(np.tile(127.5 + amplitude * np.sin(2 * np.pi * x / period), (side, 1)))


def flat(*colour: int) -> np.ndarray:
    return np.full((1, 8, 8, 3), colour, np.uint8)


@pytest.mark.parametrize("period", [8, 16, 32])
def test_sharpness_of_a_wave_has_its_closed_form(period):
    assert sharpness(wave(period)) == pytest.approx(np.sqrt(2) * np.sin(np.pi / period), rel=0.02)


def test_sharpness_ignores_contrast_and_falls_with_blur():
    noise = np.random.default_rng(0).normal(size=(64, 64))
    blurred = gaussian_filter(noise, 4)
    strong, weak, blurry = (grey(127 + 30 * a / a.std() * f) for a, f in ((noise, 1), (noise, 0.5), (blurred, 1)))
    assert sharpness(strong) == pytest.approx(sharpness(weak), rel=0.02)
    assert sharpness(blurry) < 0.6 * sharpness(strong)


@pytest.mark.parametrize("cell", [[[0, 1], [1, 0]], [[0, 0, 1, 1]] * 2 + [[1, 1, 0, 0]] * 2])
def test_sharpness_of_images_does_not_see_a_checkerboard(cell):
    pattern = 40 * np.tile(cell, (17, 17))[:32, :32]
    ramp = np.tile(np.arange(32) * 4.0, (32, 1))
    assert sharpness(grey(ramp + pattern)) == pytest.approx(sharpness(grey(ramp)))
    assert sharpness(grey(pattern.astype(float))) == 0


def test_contrast_of_a_wave_is_its_standard_deviation():
    assert contrast(wave(16, side=64)) == pytest.approx(100 / np.sqrt(2), rel=0.01)


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ((0, 0, 0), (0, 0, 1 / 3)),
        ((255, 255, 255), (255, 0, 1 / 3)),
        ((0, 200, 0), (0.587 * 200, 1, 1)),
        ((100, 50, 50), (0.299 * 100 + 0.701 * 50, 0.5, 0.25)),
    ],
)
def test_brightness_saturation_and_greenness_of_one_colour(colour, expected):
    measured = [measure(flat(*colour))[0] for measure in (brightness, saturation, greenness)]
    assert measured == pytest.approx(expected)
    assert contrast(flat(*colour)) == pytest.approx(0, abs=1e-6)
