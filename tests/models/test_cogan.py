import pytest
import torch
from torch import nn

from pixcycle.models.cogan import CoupledDiscriminators, CoupledGenerators, Inversion
from pixcycle.models.init import init_weights
from pixcycle.models.patchgan import receptive_field


def widths(network, kind):
    return [layer.out_channels for layer in network.modules() if isinstance(layer, kind)]


def test_coupled_generators_at_128_pixels_are_those_of_the_authors():
    g = CoupledGenerators(128, 64)
    assert widths(g.shared, nn.ConvTranspose2d) == [1024, 512, 256, 128, 64]
    for last in (g.last_a, g.last_b):
        assert (widths(last, nn.ConvTranspose2d), widths(last, nn.Conv2d)) == ([32], [3])


def test_coupled_discriminators_at_128_pixels_are_those_of_the_authors():
    d = CoupledDiscriminators(128, 64)
    assert widths(d.first_a, nn.Conv2d) == widths(d.first_b, nn.Conv2d) == [32]
    assert widths(d.shared, nn.Conv2d) == [64, 128, 256, 512, 1024, 2048, 1]
    kernels = [layer.kernel_size[0] for layer in (*d.first_a, *d.shared) if isinstance(layer, nn.Conv2d)]
    assert kernels == [5, 5, 5, 3, 3, 3, 2, 1]
    rates = [layer.p for layer in (*d.first_a, *d.shared) if isinstance(layer, nn.Dropout)]
    assert (rates[0], rates[-1], rates == sorted(rates)) == (pytest.approx(0.1), pytest.approx(0.5), True)


@pytest.mark.parametrize("side", [8, 16, 64, 256])
def test_coupled_networks_fit_each_other_at_every_size(side):
    with torch.device("meta"):
        pair = CoupledGenerators(side, 8)(torch.empty(2, 100, 1, 1))
        assert pair.shape == (2, 6, side, side)
        assert CoupledDiscriminators(side, 8)(pair).shape == (2, 2, 1, 1)


@pytest.mark.parametrize("side", [16, 64, 128, 256])
def test_receptive_field_of_coupled_discriminators_covers_the_image(side):
    d = CoupledDiscriminators(side, 4)
    assert receptive_field(nn.Sequential(d.first_a, d.shared)) >= side


def rendered(z, size=16, filters=16):
    """Return generators whose images differ with z, and the pairs that they render."""
    torch.manual_seed(0)
    g = CoupledGenerators(size, filters).eval()
    init_weights(g, torch.Generator().manual_seed(0))
    for layer in g.modules():
        if isinstance(layer, nn.ConvTranspose2d | nn.Conv2d):
            layer.weight.data *= 5
    with torch.no_grad():
        return g, g(z)


@pytest.mark.parametrize(("direction", "source", "target"), [("a_to_b", 0, 1), ("b_to_a", 1, 0)])
def test_inversion_finds_the_other_image_of_a_rendered_pair(direction, source, target):
    draw = torch.Generator().manual_seed(5)
    g, pairs = rendered(2 * torch.rand(3, 100, 1, 1, generator=draw) - 1)
    images = pairs.chunk(2, dim=1)
    errors = []
    for steps in (1, 300):
        inversion = Inversion(16, 16, direction, steps, 0.05).eval()
        inversion.load_state_dict(g.state_dict())
        with torch.inference_mode():
            errors.append((inversion(images[source]) - images[target]).square().mean().item())
    assert errors[1] < 0.05 * errors[0]


def test_inversion_of_an_image_does_not_depend_on_its_batch():
    g, pairs = rendered(2 * torch.rand(3, 100, 1, 1, generator=torch.Generator().manual_seed(5)) - 1)
    inversion = Inversion(16, 16, "a_to_b", 20, 0.05).eval()
    inversion.load_state_dict(g.state_dict())
    together = inversion(pairs[:, :3])
    for image, expected in zip(pairs[:, :3].split(1), together.split(1), strict=True):
        torch.testing.assert_close(inversion(image), expected, rtol=1e-3, atol=1e-4)


def test_inversion_starts_are_equal_and_leave_the_random_numbers_alone():
    g, pairs = rendered(torch.zeros(1, 100, 1, 1))
    inversion = Inversion(16, 16, "a_to_b", 5, 0.05).eval()
    inversion.load_state_dict(g.state_dict())
    before = torch.random.get_rng_state()
    first, second = inversion(pairs[:, :3]), inversion(pairs[:, :3])
    assert torch.equal(first, second)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_inversion_keeps_latent_vectors_within_the_trained_range():
    g, _ = rendered(torch.zeros(1, 100, 1, 1))
    inversion = Inversion(16, 16, "a_to_b", 1, 5.0).eval()  # Adam's first step is the learning rate
    inversion.load_state_dict(g.state_dict())
    z = inversion.latent(torch.ones(2, 3, 16, 16), inversion.last_a)
    assert (z.abs() == 1).all()
