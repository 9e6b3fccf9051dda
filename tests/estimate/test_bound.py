"""The roofline of small networks, against sums written down by hand."""

import pytest

from pixcycle.estimate.bound import memory_bytes, step_bytes, step_seconds
from pixcycle.estimate.cards import CARDS, Card, sustaining
from pixcycle.estimate.closed_form import image_flops
from tests.conftest import tiny_experiment

PIXELWISE = tiny_experiment("pix2pix", conditional=False, patch=1, crop_size=8, load_size=8, filters=1)
"""A U-Net from 8x8 pixels to 1x1 and back, of 1, 2 and 4 channels, and a discriminator of 1x1 convolutions."""
G = [(3 * 1, 3 * 64 + 16), (1 * 2, 16 + 2 * 4), (2 * 4, 2 * 4 + 4), (4 * 2, 4 + 2 * 4), (4 * 1, 4 * 4 + 16)]
G = [*G, (2 * 3, 2 * 16 + 3 * 64)]
"""Channels in x channels out, and the numbers in and out, of each 4x4 convolution."""
D = [(3 * 1, 4 * 64), (1 * 2, 3 * 64), (2 * 1, 3 * 64)]
PARAMETERS = 16 * sum(pairs for pairs, _ in G) + sum(pairs for pairs, _ in D)


def moved(batch):
    """Numbers and weights of all products: G's and, twice, D's three, whose first layers lack one; D's two of G's."""
    g = [batch * numbers + 16 * pairs for pairs, numbers in G]
    d = [batch * numbers + pairs for pairs, numbers in D]
    return 3 * sum(g) - g[0] + 2 * (3 * sum(d) - d[0]) + 2 * sum(d)


@pytest.mark.parametrize(("arithmetic", "width"), [("fp32", 4), ("TF32", 4), ("bf16", 2)])
@pytest.mark.parametrize("batch", [1, 5])
def test_a_step_moves_the_tensors_of_its_products_and_seven_numbers_a_parameter(batch, arithmetic, width):
    assert step_bytes(PIXELWISE, batch, arithmetic) == width * moved(batch) + 7 * 4 * PARAMETERS


def test_where_memory_is_free_a_step_takes_its_flops_at_their_peak():
    seconds = step_seconds(PIXELWISE, 3, sustaining(2.0), "fp32")
    assert seconds == pytest.approx(3 * image_flops(PIXELWISE) / 2e12)


def test_where_arithmetic_is_free_a_step_takes_its_bytes_at_the_bandwidth():
    card = Card("", 1, bandwidth=1e9, peaks={"bf16": 1e30})
    assert step_seconds(PIXELWISE, 3, card, "bf16") == pytest.approx(step_bytes(PIXELWISE, 3, "bf16") / 1e9)


def test_products_wait_for_each_other_so_that_neither_limit_hides_behind_the_other():
    card = Card("", 1, bandwidth=1e9, peaks={"fp32": 5e9})
    computes = image_flops(PIXELWISE) / 5e9
    moves = step_bytes(PIXELWISE, 1, "fp32") / 1e9
    assert max(computes, moves) < step_seconds(PIXELWISE, 1, card, "fp32") < computes + moves


def test_memory_holds_what_is_kept_of_an_image_and_four_numbers_a_parameter():
    an_image = sum(numbers for _, numbers in G) + 2 * sum(numbers for _, numbers in D)
    assert memory_bytes(PIXELWISE, 3, "bf16") == 2 * 3 * an_image + 4 * 4 * PARAMETERS


def test_a_cycle_keeps_four_passes_of_generators_and_an_identity_loss_two_more():
    settings = {"patch": 1, "crop_size": 8, "load_size": 8, "filters": 1, "discriminators": 1}
    g, d = sum(numbers for _, numbers in G), sum(numbers for _, numbers in D)
    for weight, passes in ((0, 4), (0.5, 6)):
        e = tiny_experiment("cyclegan", lambda_identity=weight, **settings)
        assert memory_bytes(e, 2, "fp32") - memory_bytes(e, 1, "fp32") == 4 * (passes * g + d)


@pytest.mark.parametrize(
    ("card", "rounded", "mixed"), [("h100", "TF32", "bf16"), ("rtx3060", "TF32", "bf16"), ("gtx1080ti", "fp32", "fp32")]
)
def test_a_card_takes_the_arithmetic_of_the_precision_or_fp32_where_it_has_no_other(card, rounded, mixed):
    assert CARDS[card].arithmetic("32-true") == "fp32"
    assert CARDS[card].arithmetic("tf32") == rounded
    assert CARDS[card].arithmetic("bf16-mixed") == mixed
