"""What a precision means to the device: set when Fabric is made, whatever was set before."""

import pytest
import torch

from pixcycle.engine import ranks


@pytest.fixture(autouse=True)
def torch_s_own_settings():
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    yield
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


@pytest.mark.parametrize(("precision", "rounded"), [("32-true", False), ("tf32", True), ("bf16-mixed", False)])
@pytest.mark.parametrize("before", [False, True])
def test_float32_is_rounded_to_tf32_where_that_is_asked_for_alone(before, precision, rounded):
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = before
    ranks.fabric(precision)
    assert (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) == (rounded, rounded)
    assert (torch.backends.cudnn.conv.fp32_precision == "tf32") == rounded


@pytest.mark.parametrize(
    ("precision", "made"), [("32-true", torch.float32), ("tf32", torch.float32), ("bf16-mixed", torch.bfloat16)]
)
def test_weights_are_kept_in_float32_and_products_made_as_the_precision_says(precision, made):
    fabric = ranks.fabric(precision)
    module = fabric.setup_module(torch.nn.Conv2d(3, 3, 1))
    seen = []
    module.module.register_forward_hook(lambda _, inputs, output: seen.append(output.dtype))
    assert module(torch.ones(1, 3, 2, 2)).dtype == module.module.weight.dtype == torch.float32
    assert seen == [made]


def test_the_tf32_switches_can_still_be_asked_by_all_their_names():
    """Fabric, on cards with tensor cores, and torch.compile do; torch raises where old and new names are mixed."""
    for precision in ("tf32", "32-true"):
        ranks.fabric(precision)
        assert torch.get_float32_matmul_precision() == {"tf32": "high", "32-true": "highest"}[precision]
