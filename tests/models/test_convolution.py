from pkgutil import resolve_name

import pytest
import torch
from torch import nn

from pixcycle.models import bf16, winograd
from pixcycle.models.convolution import Conv2d, ConvTranspose2d

ALGORITHMS = {
    "few pixels": "torch.nn.functional.unfold",
    "few pixels, doubled": "torch.nn.functional.fold",
    "many pixels": "pixcycle.models.winograd.conv2d",
    "few output channels": "pixcycle.models.convolution._column_by_column",
    "plain": None,
}
"""Function that is called when an algorithm is used, by the algorithm's name."""
SHAPES = {
    "few pixels, stride 2": (Conv2d(8, 6, 4, stride=2, padding=1), 8, "few pixels"),
    "few pixels without bias": (Conv2d(8, 6, 4, stride=2, padding=1, bias=False), 2, "few pixels"),
    "few pixels, stride 1": (Conv2d(8, 2, 4, padding=1), 5, "few pixels"),
    "few pixels, one output channel": (Conv2d(8, 1, 4, padding=1), 5, "plain"),
    "few pixels, kernel 3": (Conv2d(8, 6, 3), 5, "plain"),
    "many pixels, kernel 3": (Conv2d(128, 128, 3), 34, "many pixels"),
    "many pixels, kernel 4": (Conv2d(128, 144, 4, padding=1, bias=False), 32, "many pixels"),
    "few output channels": (Conv2d(16, 3, 7), 30, "few output channels"),
    "few channels": (Conv2d(3, 8, 7), 30, "plain"),
    "kernel 1": (Conv2d(8, 3, 1), 4, "plain"),
    "neither": (Conv2d(8, 16, 3, stride=2, padding=1), 32, "plain"),
    "few pixels, doubled": (ConvTranspose2d(8, 6, 4, stride=2, padding=1), 4, "few pixels, doubled"),
    "few pixels, doubled with more": (
        ConvTranspose2d(8, 6, 4, stride=2, padding=1, output_padding=1, bias=False),
        3,
        "few pixels, doubled",
    ),
    "few pixels, doubled, kernel 3": (ConvTranspose2d(8, 6, 3, stride=2, padding=1, output_padding=1), 4, "plain"),
    "many pixels, doubled": (ConvTranspose2d(8, 6, 4, stride=2, padding=1), 16, "plain"),
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("images", [1, 2])
def test_convolution_algorithms_equal_torch_in_output_and_gradients(name, images, monkeypatch):
    layer, side, algorithm = SHAPES[name]
    layer.double()
    x = torch.randn(images, layer.in_channels, side, side + 2, dtype=torch.float64, requires_grad=True)
    parameters = list(layer.parameters())
    calls = spied(monkeypatch)

    output = layer(x)
    assert calls == ([algorithm] if algorithm != "plain" else [])
    expected = type(layer).__bases__[0].forward(layer, x)
    torch.testing.assert_close(output, expected, rtol=0, atol=1e-10)
    direction = torch.randn_like(expected)
    gradients = [torch.autograd.grad(y, [x, *parameters], direction) for y in (output, expected)]
    for ours, torchs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, torchs, rtol=0, atol=1e-9)


def spied(monkeypatch):
    """Return a list to which each use of an algorithm is appended from now on."""
    calls = []
    for name, path in ALGORITHMS.items():
        if path:
            function = resolve_name(path)
            spy = lambda *a, name=name, function=function, **kw: calls.append(name) or function(*a, **kw)  # noqa: E731
            monkeypatch.setattr(path, spy)
    return calls


def test_conv2d_in_native_bf16_uses_no_algorithm_that_rounds_more(monkeypatch):
    monkeypatch.setattr(bf16, "CPU_HAS_INSTRUCTIONS", True)
    calls = spied(monkeypatch)
    with torch.autocast("cpu", torch.bfloat16):
        for name in ("many pixels, kernel 3", "few output channels"):
            layer, side, _ = SHAPES[name]
            assert layer.float()(torch.zeros(1, layer.in_channels, side, side)).dtype == torch.bfloat16
    assert calls == []


def test_conv2d_can_be_trained_after_inference_mode():
    layer = Conv2d(128, 128, 3)
    x = torch.randn(1, 128, 34, 34)
    with torch.inference_mode():
        layer(x)
    layer(x).sum().backward()


@pytest.mark.parametrize("kernel", [3, 4])
def test_winograd_error_is_a_few_times_that_of_the_plain_sum(kernel):
    x, weight = torch.randn(2, 128, 21, 34), torch.randn(64, 128, kernel, kernel)
    exact = nn.functional.conv2d(x.double(), weight.double())
    plain, error = (convolve(x, weight).double() - exact for convolve in (nn.functional.conv2d, winograd.conv2d))
    assert error.std() < 10 * plain.std()
    assert error.std() < 3e-6 * exact.std()
