"""The roofline of small networks, compared with sums worked out by hand."""

import pytest

from pixcycle.estimate.bound import memory_bytes, step_bytes, step_seconds
from pixcycle.estimate.gpus import GPUS, Gpu, sustaining
from pixcycle.estimate.step_cost import image_flops
from tests.conftest import tiny_experiment

PIXELWISE = tiny_experiment("pix2pix", conditional=False, patch=1, crop_size=8, load_size=8, filters=1)
"""A U-Net from 8x8 pixels to 1x1 and back, with 1, 2 and 4 channels, and a discriminator of 1x1 convolutions."""
G = [(3 * 1, 3 * 64 + 16), (1 * 2, 16 + 2 * 4), (2 * 4, 2 * 4 + 4), (4 * 2, 4 + 2 * 4), (4 * 1, 4 * 4 + 16)]
G = [*G, (2 * 3, 2 * 16 + 3 * 64)]
"""(channels in x channels out, numbers in + numbers out) of each 4x4 convolution."""
D = [(3 * 1, 4 * 64), (1 * 2, 3 * 64), (2 * 1, 3 * 64)]
PARAMETERS = 16 * sum(pairs for pairs, _ in G) + sum(pairs for pairs, _ in D)


def moved(batch):
    """Return the numbers and weights that the products of a step move.

    A layer of G has 3, one of D twice 3, first layers one less each; the loss of G takes 2 more of each layer of D.
    """
    g = [batch * numbers + 16 * pairs for pairs, numbers in G]
    d = [batch * numbers + pairs for pairs, numbers in D]
    return 3 * sum(g) - g[0] + 2 * (3 * sum(d) - d[0]) + 2 * sum(d)


@pytest.mark.parametrize(("arithmetic", "width"), [("fp32", 4), ("TF32", 4), ("bf16", 2)])
@pytest.mark.parametrize("batch", [1, 5])
def test_step_bytes_are_tensors_of_products_and_7_numbers_per_parameter(batch, arithmetic, width):
    assert step_bytes(PIXELWISE, batch, arithmetic) == width * moved(batch) + 7 * 4 * PARAMETERS


def test_step_seconds_are_flops_at_peak_if_memory_is_free():
    seconds = step_seconds(PIXELWISE, 3, sustaining(2.0), "fp32")
    assert seconds == pytest.approx(3 * image_flops(PIXELWISE) / 2e12)


def test_step_seconds_are_bytes_at_bandwidth_if_arithmetic_is_free():
    gpu = Gpu("", 1, bandwidth=1e9, peaks={"bf16": 1e30})
    assert step_seconds(PIXELWISE, 3, gpu, "bf16") == pytest.approx(step_bytes(PIXELWISE, 3, "bf16") / 1e9)


def test_step_seconds_exceed_either_limit_as_products_run_in_sequence():
    gpu = Gpu("", 1, bandwidth=1e9, peaks={"fp32": 5e9})
    computes = image_flops(PIXELWISE) / 5e9
    moves = step_bytes(PIXELWISE, 1, "fp32") / 1e9
    assert max(computes, moves) < step_seconds(PIXELWISE, 1, gpu, "fp32") < computes + moves


def test_memory_bytes_are_kept_numbers_and_4_numbers_per_parameter():
    an_image = sum(numbers for _, numbers in G) + 2 * sum(numbers for _, numbers in D)
    assert memory_bytes(PIXELWISE, 3, "bf16") == 2 * 3 * an_image + 4 * 4 * PARAMETERS


def test_memory_bytes_of_cyclegan_keep_four_generator_passes_or_six():
    settings = {"patch": 1, "crop_size": 8, "load_size": 8, "filters": 1, "discriminators": 1}
    g, d = sum(numbers for _, numbers in G), sum(numbers for _, numbers in D)
    for weight, passes in ((0, 4), (0.5, 6)):
        e = tiny_experiment("cyclegan", lambda_identity=weight, **settings)
        assert memory_bytes(e, 2, "fp32") - memory_bytes(e, 1, "fp32") == 4 * (passes * g + d)


@pytest.mark.parametrize(
    ("gpu", "rounded", "mixed"), [("h100", "TF32", "bf16"), ("rtx3060", "TF32", "bf16"), ("gtx1080ti", "fp32", "fp32")]
)
def test_gpu_arithmetic_follows_precision_or_falls_back_to_fp32(gpu, rounded, mixed):
    assert GPUS[gpu].arithmetic("32-true") == "fp32"
    assert GPUS[gpu].arithmetic("tf32") == rounded
    assert GPUS[gpu].arithmetic("bf16-mixed") == mixed
