import pytest
import torch

from pixcycle.models.norm import StoredNorm2d, norm_layer

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


@pytest.mark.parametrize("layers", ["ucsd", "kth"])
def test_norm_layer_of_keras_has_its_epsilon_gain_and_offset(layers):
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64) * 0.05  # of a variance near epsilon
    for norm, over in (("batch", (0, 2, 3)), ("instance", (2, 3))):
        layer = norm_layer(norm, 3, layers).double()
        torch.nn.init.uniform_(layer.weight)
        torch.nn.init.uniform_(layer.bias)
        centred = x - x.mean(over, keepdim=True)
        normed = centred / (centred.square().mean(over, keepdim=True) + 0.001).sqrt()
        torch.testing.assert_close(layer(x), normed * layer.weight[:, None, None] + layer.bias[:, None, None])


def test_norm_layer_of_keras_keeps_99_hundredths_of_running_statistics():
    layer = norm_layer("batch", 3, "ucsd")
    x = torch.randn(2, 3, 4, 5) + 7
    layer(x)
    torch.testing.assert_close(layer.running_mean, 0.01 * x.mean((0, 2, 3)))
    torch.testing.assert_close(layer.running_var, 0.99 + 0.01 * x.var((0, 2, 3)))


def test_norm_layer_of_keras_sets_a_single_number_to_the_offset():
    """As TensorFlow's formula: the variance is 0, and so is that of the running statistics' new part."""
    layer = norm_layer("batch", 3, "ucsd")
    torch.nn.init.uniform_(layer.bias)
    x = torch.randn(1, 3, 1, 1, requires_grad=True)
    y = layer(x)
    assert torch.equal(y, layer.bias[:, None, None][None])
    y.sum().backward()
    assert x.grad.tolist() == torch.zeros(1, 3, 1, 1).tolist() and layer.bias.grad.tolist() == [1, 1, 1]
    torch.testing.assert_close(layer.running_mean, 0.01 * x.detach().flatten())
    torch.testing.assert_close(layer.running_var, torch.full((3,), 0.99))
    assert layer.eval()(x).isfinite().all()


@pytest.mark.parametrize("affine", [False, True])
def test_norm_layer_of_one_pixel_is_its_offset(affine):
    layer = norm_layer("instance", 3, "ucsd" if affine else "authors")
    x = torch.randn(4, 3, 1, 1, requires_grad=True)
    if affine:
        torch.nn.init.uniform_(layer.bias)
    expected = (layer.bias if affine else torch.zeros(3))[:, None, None].expand(4, 3, 1, 1)
    torch.testing.assert_close(layer(x), expected, atol=1e-4, rtol=0)


def test_stored_norm_is_a_gain_and_an_offset_in_training_and_at_inference():
    layer = norm_layer("batch", 3, "wustl")
    assert isinstance(layer, StoredNorm2d) and not list(layer.buffers())
    assert {name: tuple(p.shape) for name, p in layer.named_parameters()} == {"weight": (3,), "bias": (3,)}
    torch.nn.init.uniform_(layer.weight)
    torch.nn.init.uniform_(layer.bias)
    x = 5 + torch.randn(2, 3, 4, 5)
    expected = layer.weight[:, None, None] * x / 1.001**0.5 + layer.bias[:, None, None]
    for training in (True, False):
        torch.testing.assert_close(layer.train(training)(x), expected)
