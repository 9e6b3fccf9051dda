"""Widths and convolutions of CoGAN's networks (`models.cogan`), known without importing torch."""

from pixcycle.models.closed_form import Convolution, chain

LATENT = 100
"""Length of the latent vector."""


def generator_widths(size: int, filters: int) -> list[int]:
    """Return the channels at 4x4 pixels and after each deconvolution, which doubles the side.

    At 128 pixels and 64 filters: 1024, 512, 256, 128, 64, 32. No layer is wider than at 4x4 pixels there.
    """
    doublings = (size // 4).bit_length() - 1
    return [filters // 2 * min(32, 2 ** (doublings - i)) or 1 for i in range(doublings + 1)]


def discriminator_widths(size: int, filters: int) -> tuple[list[int], int]:
    """Return the channels after each convolution of stride 2, down to 2x2 pixels, and those of the hidden layer.

    At 128 pixels and 64 filters: 32, 64, 128, 256, 512, 1024, and 2048.
    """
    halvings = (size // 2).bit_length() - 1
    return [filters // 2 * min(32, 2**i) or 1 for i in range(halvings)], 32 * filters


def dropout_rates(layers: int) -> list[float]:
    """Return the dropout rates of a discriminator's hidden layers, which rise linearly from 0.1 to 0.5."""
    return [0.1 + 0.4 * i / (layers - 1) for i in range(layers)]


def kernel(layer: int) -> int:
    """Return the kernel of a discriminator's convolution: 5 for the first three, then 3."""
    return 5 if layer < 3 else 3


def coupled_generators(size: int, filters: int) -> tuple[list[Convolution], list[Convolution]]:
    """Return the convolutions that the generators share, and the last ones of each."""
    widths = generator_widths(size, filters)
    sides = [1, *(4 << i for i in range(len(widths)))]
    *shared, last = chain(4, [LATENT, *widths], sides)
    return shared, [last, Convolution(widths[-1], 3, 3, size, size)]


def one_discriminator(size: int, filters: int) -> list[Convolution]:
    """Return the convolutions that an image of one domain passes; the first is that domain's own."""
    widths, hidden = discriminator_widths(size, filters)
    channels = [3, *widths]
    strided = [
        Convolution(channels[i], channels[i + 1], kernel(i), size >> i, size >> (i + 1)) for i in range(len(widths))
    ]
    return [*strided, Convolution(widths[-1], hidden, 2, 2, 1), Convolution(hidden, 1, 1, 1, 1)]
