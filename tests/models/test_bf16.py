"""bfloat16 on CPUs without bfloat16 instructions: computed in float32, with the same numbers as PyTorch."""

import copy

import pytest
import torch

from pixcycle.machine import ranks
from pixcycle.models import bf16
from pixcycle.models.convolution import Conv2d, ConvTranspose2d
from pixcycle.training.record import arithmetic

LAYERS = {
    "plain": (Conv2d(16, 24, 3, stride=2, padding=1), 20),
    "many pixels": (Conv2d(128, 128, 3), 34),
    "few output channels": (Conv2d(16, 3, 7), 30),
    "few pixels": (Conv2d(64, 64, 4, stride=2, padding=1), 8),
    "few pixels, without bias": (Conv2d(64, 64, 4, stride=2, padding=1, bias=False), 8),
    "doubled": (ConvTranspose2d(32, 16, 3, stride=2, padding=1, output_padding=1), 20),
    "few pixels, doubled": (ConvTranspose2d(64, 32, 4, stride=2, padding=1), 4),
}


@pytest.fixture
def without_instructions(monkeypatch):
    monkeypatch.setattr(bf16, "CPU_HAS_INSTRUCTIONS", False)


def output_and_gradients(convolve, layer, x, direction):
    """Return a layer's output, and the gradients of its input and parameters along a direction of the output."""
    y = convolve(layer, x)
    return [y, *torch.autograd.grad(y, [x, *layer.parameters()], direction.to(y.dtype))]


def under_autocast(convolve):
    def convolve_in_bf16(layer, x):
        with torch.autocast("cpu", torch.bfloat16):
            return convolve(layer, x)

    return convolve_in_bf16


def example(name):
    """Return a layer, an input, and a direction of the output that bfloat16 represents exactly."""
    torch.manual_seed(0)
    layer, side = LAYERS[name]
    x = torch.randn(2, layer.in_channels, side, side, requires_grad=True)
    return layer, x, torch.randn_like(layer(x)).bfloat16()


@pytest.mark.parametrize("name", LAYERS)
def test_computed_in_float32_is_the_exact_sum_of_rounded_factors(name, without_instructions):
    """Exact except for the final rounding to bfloat16 (half of 2^-7 of the value)."""
    layer, x, direction = example(name)
    exact_layer = copy.deepcopy(layer).double()
    for parameter in exact_layer.parameters():
        parameter.data = parameter.data.bfloat16().double()
    exact_x = x.detach().bfloat16().double().requires_grad_()
    exact = output_and_gradients(type(layer).__bases__[0].forward, exact_layer, exact_x, direction)
    ours = output_and_gradients(under_autocast(type(layer).forward), layer, x, direction)
    assert ours[0].dtype == torch.bfloat16
    for computed, expected in zip(ours, exact, strict=True):
        tolerance = 2**-8 * expected.abs() + 1e-4 * expected.std()
        assert ((computed.double() - expected).abs() <= tolerance).all()
        assert torch.equal(computed.float(), computed.bfloat16().float())


@pytest.mark.skipif(not bf16.CPU_HAS_INSTRUCTIONS, reason="this CPU has no bf16 instructions to compare with")
@pytest.mark.parametrize("name", LAYERS)
def test_computed_in_float32_equals_native_bf16_instructions(name, monkeypatch):
    """Equal up to one rounding of the output, and on average four times closer than float32."""
    layer, x, direction = example(name)
    convolve = type(layer).__bases__[0].forward
    native = output_and_gradients(under_autocast(convolve), layer, x, direction)
    in_float32 = output_and_gradients(convolve, layer, x, direction)
    monkeypatch.setattr(bf16, "CPU_HAS_INSTRUCTIONS", False)
    ours = output_and_gradients(under_autocast(type(layer).forward), layer, x, direction)
    for computed, expected, unrounded in zip(ours, native, in_float32, strict=True):
        difference = (computed.float() - expected.float()).abs()
        assert (difference <= 2**-7 * expected.float().abs() + 1e-3 * unrounded.std()).all()
        assert difference.std() < 0.25 * (expected.float() - unrounded).std()


def test_computed_in_float32_calls_no_bf16_kernel(without_instructions, monkeypatch):
    dtypes = []
    monkeypatch.setattr(Conv2d, "_conv_forward", lambda self, x, *_: dtypes.append(x.dtype) or x)
    with torch.autocast("cpu", torch.bfloat16):
        assert Conv2d(3, 8, 7)(torch.zeros(1, 3, 9, 9)).dtype == torch.bfloat16
    assert dtypes == [torch.float32]


def test_float32_is_not_rounded_on_a_cpu_without_bf16_instructions(without_instructions):
    layer, x = Conv2d(16, 24, 3, stride=2), torch.randn(1, 16, 20, 20)
    assert torch.equal(layer(x), torch.nn.Conv2d.forward(layer, x))


def test_arithmetic_reports_bf16_without_instructions_and_missing_fp16(without_instructions):
    cpu = ranks.fabric("bf16-mixed").device
    assert arithmetic(cpu, "bf16-mixed") == bf16.NOTE
    assert arithmetic(cpu, "32-true") == ""
    assert arithmetic(torch.device("cuda"), "bf16-mixed") == ""
    assert arithmetic(cpu, "16-mixed") == f"{bf16.IN_PLACE_OF_FP16}; {bf16.NOTE}"
    assert arithmetic(torch.device("cuda"), "16-mixed") == ""


def test_arithmetic_is_empty_for_bf16_if_the_cpu_has_its_instructions(monkeypatch):
    monkeypatch.setattr(bf16, "CPU_HAS_INSTRUCTIONS", True)
    assert arithmetic(torch.device("cpu"), "bf16-mixed") == ""
    assert arithmetic(torch.device("cpu"), "16-mixed") == bf16.IN_PLACE_OF_FP16


@pytest.mark.parametrize(
    ("onednn", "avx512_bf16", "amx", "native"),
    [
        (True, True, False, True),
        (True, False, True, True),
        (True, False, False, False),  # AVX-512 without bf16 instructions
        (False, True, True, False),  # ONEDNN_MAX_CPU_ISA
    ],
)
def test_cpu_has_instructions_combines_onednn_and_cpu_flags(onednn, avx512_bf16, amx, native, monkeypatch):
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: onednn)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512_bf16)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert bf16._cpu_has_instructions() == native
