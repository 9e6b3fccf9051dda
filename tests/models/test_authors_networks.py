"""Compare our networks with independent descriptions of the authors': keys, sizes and arithmetic."""

import pytest
import torch
import torch.nn.functional as F

from pixcycle.models.patchgan import PatchGAN
from pixcycle.models.resnet import ResnetGenerator
from pixcycle.models.unet import UNet


def meta(network, *args, **kwargs):
    """Build the network without memory for its weights."""
    with torch.device("meta"):
        return network(*args, **kwargs)


def shapes(network):
    return {key: tuple(value.shape) for key, value in network.state_dict().items()}


def millions(network):
    return sum(p.numel() for p in network.parameters()) / 1e6


@pytest.mark.parametrize("norm", ["batch", "instance"])
@pytest.mark.parametrize(("generator", "num_downs"), [("unet_256", 8), ("unet_128", 7)])
def test_unet_has_the_authors_keys_and_shapes(authors_shapes, generator, num_downs, norm):
    assert shapes(meta(UNet, num_downs=num_downs, norm=norm)) == authors_shapes(generator, 64, norm)


@pytest.mark.parametrize(("generator", "blocks"), [("resnet_9blocks", 9), ("resnet_6blocks", 6)])
def test_resnet_has_the_authors_keys_and_shapes(authors_shapes, generator, blocks):
    assert shapes(meta(ResnetGenerator, blocks=blocks)) == authors_shapes(generator, 64)


def test_resnet_dropout_shifts_second_convolution_as_in_authors_code(authors_shapes):
    moved = {key.replace("conv_block.5", "conv_block.6"): s for key, s in authors_shapes("resnet_9blocks").items()}
    assert shapes(meta(ResnetGenerator, dropout=True)) == moved


@pytest.mark.parametrize(
    ("patch", "channels"),
    [(16, [64, 128]), (70, [64, 128, 256, 512]), (286, [64, 128, 256, 512, 512, 512])],
)
def test_patchgan_has_the_authors_keys_and_shapes(patch, channels):
    expected = {"model.0.weight": (64, 6, 4, 4), "model.0.bias": (64,)}
    for n in range(1, len(channels)):
        expected[f"model.{3 * n - 1}.weight"] = (channels[n], channels[n - 1], 4, 4)
        for name in ("weight", "bias", "running_mean", "running_var"):
            expected[f"model.{3 * n}.{name}"] = (channels[n],)
        expected[f"model.{3 * n}.num_batches_tracked"] = ()
    last = 3 * len(channels) - 1
    expected |= {f"model.{last}.weight": (1, channels[-1], 4, 4), f"model.{last}.bias": (1,)}
    assert shapes(meta(PatchGAN, 6, patch)) == expected


def test_pixel_discriminator_has_the_authors_keys_and_shapes():
    assert shapes(meta(PatchGAN, 3, 1, norm="instance")) == {
        "net.0.weight": (64, 3, 1, 1),
        "net.0.bias": (64,),
        "net.2.weight": (128, 64, 1, 1),
        "net.2.bias": (128,),
        "net.5.weight": (1, 128, 1, 1),
        "net.5.bias": (1,),
    }


def test_parameter_counts_equal_those_of_the_authors_code():
    assert millions(meta(UNet)) == pytest.approx(54.414, abs=5e-4)
    assert millions(meta(ResnetGenerator)) == pytest.approx(11.378, abs=5e-4)
    assert millions(meta(PatchGAN, 6, 70, norm="batch")) == pytest.approx(2.769, abs=5e-4)
    assert millions(meta(PatchGAN, 3, 70, norm="instance")) == pytest.approx(2.765, abs=5e-4)


def randomise(network, seed):
    """Draw weights, scales, shifts and running statistics, so that no term of the arithmetic stays at 0 or 1."""
    generator = torch.Generator().manual_seed(seed)
    for key, value in network.state_dict().items():
        if key.endswith("running_var"):
            value.uniform_(0.5, 2, generator=generator)
        elif value.is_floating_point():
            value.normal_(0, 0.3, generator=generator)
    return network.eval()


def batch_normed(x, state, key):
    scale = state[f"{key}.weight"] / (state[f"{key}.running_var"] + 1e-5).sqrt()
    return (x - state[f"{key}.running_mean"][:, None, None]) * scale[:, None, None] + state[f"{key}.bias"][
        :, None, None
    ]


def instance_normed(x):
    centred = x - x.mean(dim=(2, 3), keepdim=True)
    return centred / (centred.square().mean(dim=(2, 3), keepdim=True) + 1e-5).sqrt()


@pytest.mark.parametrize("skips", [True, False])
def test_unet_equals_the_pix2pix_paper_level_by_level(skips):
    network = randomise(UNet(num_downs=7, filters=2, skips=skips), seed=1).double()
    state = network.state_dict()
    block = ["model.model" + ".1.model" + ".3.model" * depth for depth in range(6)]
    x = torch.rand(2, 3, 128, 128, generator=torch.Generator().manual_seed(2)).double() * 2 - 1
    x.requires_grad_()

    encoded = [F.conv2d(x, state["model.model.0.weight"], stride=2, padding=1)]
    for depth, key in enumerate(block):
        y = F.conv2d(F.leaky_relu(encoded[-1], 0.2), state[f"{key}.1.weight"], stride=2, padding=1)
        encoded.append(y if depth == 5 else batch_normed(y, state, f"{key}.2"))
    decoded = encoded.pop()
    assert decoded.shape == (2, 16, 1, 1)
    for depth, key in reversed(list(enumerate(block))):
        conv, norm = (f"{key}.3", f"{key}.4") if depth == 5 else (f"{key}.5", f"{key}.6")
        decoded = F.conv_transpose2d(F.relu(decoded), state[f"{conv}.weight"], stride=2, padding=1)
        decoded = batch_normed(decoded, state, norm)
        if skips:
            decoded = torch.cat([encoded.pop(), decoded], dim=1)
    last = "model.model.3"
    y = F.conv_transpose2d(F.relu(decoded), state[f"{last}.weight"], state[f"{last}.bias"], stride=2, padding=1)

    ours, expected = network(x), torch.tanh(y)
    torch.testing.assert_close(ours, expected)
    # Our layers work in place; the derivatives must not change.
    slopes, expected_slopes = (torch.autograd.grad(out.sum(), x)[0] for out in (ours, expected))
    torch.testing.assert_close(slopes, expected_slopes)


def test_resnet_equals_the_cyclegan_paper_layer_by_layer():
    network = randomise(ResnetGenerator(filters=2, blocks=6), seed=3).double()
    state = network.state_dict()
    x = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(4)).double() * 2 - 1

    def weights(key):
        return state[f"{key}.weight"], state[f"{key}.bias"]

    def padded(y, pixels):
        return F.pad(y, (pixels,) * 4, mode="reflect")

    y = F.relu(instance_normed(F.conv2d(padded(x, 3), *weights("model.1"))))
    for key in ("model.4", "model.7"):
        y = F.relu(instance_normed(F.conv2d(y, *weights(key), stride=2, padding=1)))
    for position in range(10, 16):
        key = f"model.{position}.conv_block"
        inner = F.relu(instance_normed(F.conv2d(padded(y, 1), *weights(f"{key}.1"))))
        y = y + instance_normed(F.conv2d(padded(inner, 1), *weights(f"{key}.5")))
    for key in ("model.16", "model.19"):
        y = F.conv_transpose2d(y, *weights(key), stride=2, padding=1, output_padding=1)
        y = F.relu(instance_normed(y))
    expected = torch.tanh(F.conv2d(padded(y, 3), *weights("model.23")))

    torch.testing.assert_close(network(x), expected)


def test_patchgan_equals_the_pix2pix_paper_layer_by_layer():
    network = randomise(PatchGAN(6, 70, filters=2), seed=5).double()
    state = network.state_dict()
    x = torch.rand(2, 6, 48, 48, generator=torch.Generator().manual_seed(6)).double() * 2 - 1

    y = F.conv2d(x, state["model.0.weight"], state["model.0.bias"], stride=2, padding=1)
    for conv, stride in ((2, 2), (5, 2), (8, 1)):
        y = F.conv2d(F.leaky_relu(y, 0.2), state[f"model.{conv}.weight"], stride=stride, padding=1)
        y = batch_normed(y, state, f"model.{conv + 1}")
    expected = F.conv2d(F.leaky_relu(y, 0.2), state["model.11.weight"], state["model.11.bias"], padding=1)

    torch.testing.assert_close(network(x), expected)
