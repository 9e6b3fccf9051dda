"""The convolutions of an experiment's networks in closed form."""

from pixcycle.models.closed_form import Convolution, chain, trained
from pixcycle.models.generators.registry import GENERATORS
from pixcycle.params.experiment import Experiment
from pixcycle.params.network_sizes import patchgan_layers


def generator(e: Experiment) -> list[Convolution]:
    """Return the convolutions of an experiment's generator."""
    return GENERATORS[e.generator].layers(e)


def discriminator(e: Experiment) -> list[Convolution]:
    """Return the convolutions of an experiment's `models.patchgan.PatchGAN`.

    Strided layers halve the side, then two layers lose a pixel each; a patch of 1 has a per-pixel network, and a patch
    of 46 a 1x1 convolution after its strided layers.
    """
    f, side = e.filters, e.crop_size
    in_channels = 6 if e.conditional else 3
    if e.patch == 1:
        return chain(1, [in_channels, f, 2 * f, 1], 4 * [side])
    strided = patchgan_layers(e.patch)
    widths = [f * min(2**depth, 8) for depth in range(strided + 1)]
    sides = [side >> depth for depth in range(strided + 1)]
    if e.patch == 46:
        strided_layers = chain(4, [in_channels, *widths[:-1]], sides)
        return [*strided_layers, *chain(1, [widths[-2], 1], 2 * sides[-1:])]
    return chain(4, [in_channels, *widths, 1], [*sides, sides[-1] - 1, sides[-1] - 2])


def judged(e: Experiment) -> list[Convolution]:
    """Return the products of a discriminator in a training step.

    It learns from a real and a fake image; then G's gradient passes through it while it is frozen.
    """
    d = discriminator(e)
    return 2 * trained(d) + 2 * d
