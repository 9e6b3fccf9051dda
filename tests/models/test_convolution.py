import pytest
import torch
from torch import nn

from pixcycle.models import winograd
from pixcycle.models.convolution import Conv2d, ConvTranspose2d

SHAPES = {
    "few pixels, stride 2": (Conv2d(8, 6, 4, stride=2, padding=1), 8),
    "few pixels without bias": (Conv2d(8, 6, 4, stride=2, padding=1, bias=False), 2),
    "few pixels, stride 1": (Conv2d(8, 1, 4, padding=1), 5),
    "many pixels, kernel 3": (Conv2d(128, 128, 3), 34),
    "many pixels, kernel 4": (Conv2d(128, 144, 4, padding=1, bias=False), 32),
    "few output channels": (Conv2d(8, 3, 7), 30),
    "kernel 1": (Conv2d(8, 3, 1), 4),
    "neither": (Conv2d(8, 16, 3, stride=2, padding=1), 32),
    "few pixels, doubled": (ConvTranspose2d(8, 6, 4, stride=2, padding=1), 4),
    "few pixels, doubled with more": (ConvTranspose2d(8, 6, 3, stride=2, padding=1, output_padding=1, bias=False), 3),
    "many pixels, doubled": (ConvTranspose2d(8, 6, 4, stride=2, padding=1), 16),
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("images", [1, 2])
def test_every_way_gives_torch_s_output_and_gradients(name, images):
    layer, side = SHAPES[name]
    layer.double()
    x = torch.randn(images, layer.in_channels, side, side + 2, dtype=torch.float64, requires_grad=True)
    parameters = list(layer.parameters())

    made = layer(x)
    plain = type(layer).__bases__[0].forward(layer, x)
    torch.testing.assert_close(made, plain, rtol=0, atol=1e-10)
    direction = torch.randn_like(plain)
    for ours, torchs in zip(*(torch.autograd.grad(y, [x, *parameters], direction) for y in (made, plain)), strict=True):
        torch.testing.assert_close(ours, torchs, rtol=0, atol=1e-9)


def test_many_pixels_take_winograd_s_way_in_single_precision_only(monkeypatch):
    seen = []
    monkeypatch.setattr(winograd, "conv2d", lambda x, weight: seen.append(x.dtype) or nn.functional.conv2d(x, weight))
    layer, x = Conv2d(128, 128, 3), torch.zeros(1, 128, 34, 34)
    layer(x)
    with torch.autocast("cpu", torch.bfloat16):
        layer(x)
    assert seen == [torch.float32]


@pytest.mark.parametrize("kernel", [2, 3, 4, 5])
def test_the_error_of_winograd_s_way_is_a_few_times_that_of_the_plain_sum(kernel):
    x, weight = torch.randn(2, 128, 21, 34), torch.randn(64, 128, kernel, kernel)
    exact = nn.functional.conv2d(x.double(), weight.double())
    plain, made = (way(x, weight).double() - exact for way in (nn.functional.conv2d, winograd.conv2d))
    assert made.std() < 10 * plain.std()
    assert made.std() < 3e-6 * exact.std()
