"""Precision settings that `ranks.fabric` makes, whatever was set before."""

import pytest
import torch

from pixcycle.machine import ranks


@pytest.fixture(autouse=True)
def restore_torch_settings():
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    yield
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


@pytest.mark.parametrize(
    ("precision", "rounded"), [("32-true", False), ("tf32", True), ("bf16-mixed", False), ("16-mixed", False)]
)
@pytest.mark.parametrize("before", [False, True])
def test_fabric_allows_tf32_only_for_precision_tf32(before, precision, rounded):
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = before
    ranks.fabric(precision)
    assert (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) == (rounded, rounded)
    assert (torch.backends.cudnn.conv.fp32_precision == "tf32") == rounded


@pytest.mark.parametrize(
    ("precision", "dtype"),
    [
        ("32-true", torch.float32),
        ("tf32", torch.float32),
        ("bf16-mixed", torch.bfloat16),
        ("16-mixed", torch.bfloat16),  # without a GPU
    ],
)
def test_fabric_keeps_weights_in_float32_at_every_precision(precision, dtype):
    fabric = ranks.fabric(precision)
    module = fabric.setup_module(torch.nn.Conv2d(3, 3, 1))
    output_dtypes = []
    module.module.register_forward_hook(lambda _, inputs, output: output_dtypes.append(output.dtype))
    assert module(torch.ones(1, 3, 2, 2)).dtype == module.module.weight.dtype == torch.float32
    assert output_dtypes == [dtype]


def test_fabric_leaves_the_tf32_settings_readable_by_all_their_names():
    """Fabric, on GPUs with tensor cores, and torch.compile read them; torch raises if old and new names are mixed."""
    for precision in ("tf32", "32-true"):
        ranks.fabric(precision)
        assert torch.get_float32_matmul_precision() == {"tf32": "high", "32-true": "highest"}[precision]
