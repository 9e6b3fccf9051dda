import pytest
import torch

from pixcycle.models.norm import norm_layer

LAYOUTS = {"apart": torch.contiguous_format, "last": torch.channels_last}


@pytest.mark.parametrize("norm", ["batch", "instance"])
@pytest.mark.parametrize("images", [1, 3])
@pytest.mark.parametrize("channels", LAYOUTS)
@pytest.mark.parametrize("gradient_channels", LAYOUTS)
def test_norm_layer_gradients_follow_the_formula_in_every_layout(norm, images, channels, gradient_channels):
    x = torch.randn(images, 5, 6, 7, dtype=torch.float64).contiguous(memory_format=LAYOUTS[channels]).requires_grad_()
    direction = torch.randn_like(x).contiguous(memory_format=LAYOUTS[gradient_channels])
    over = (0, 2, 3) if norm == "batch" else (2, 3)
    centred = x - x.mean(over, keepdim=True)
    formula = centred / (centred.square().mean(over, keepdim=True) + 1e-5).sqrt()

    output = norm_layer(norm, 5).double()(x)
    torch.testing.assert_close(output, formula)
    ours, exact = (torch.autograd.grad(y, x, direction)[0] for y in (output, formula))
    torch.testing.assert_close(ours, exact)
