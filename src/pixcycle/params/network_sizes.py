"""Image sizes that the networks accept. Does not import torch, so that a configuration is checked quickly."""

from pixcycle.base.errors import UserError

STRIDED_LAYERS = {1: 0, 16: 1, 46: 4, 70: 3, 286: 5}
"""Receptive field of a PatchGAN in pixels -> number of its stride-2 convolutions: 46 as in report 001, whose logit is a
1x1 convolution, the others as in the pix2pix paper."""


def downsamplings(crop_size: int) -> int:
    """Return how often a U-Net halves a square image with this side.

    Sides of 8, 16, ..., 128 and 256 (8 times) are halved down to 1x1. Larger multiples of 256 are halved 8 times, too,
    down to a bottleneck wider than 1x1.

    Raises
    ------
    UserError
        For any other side; the message names the nearest sizes that work.
    """
    sizes = [8, 16, 32, 64, 128, *range(256, crop_size + 257, 256)]
    if crop_size in sizes:
        return min(8, crop_size.bit_length() - 1)
    nearest = [s for s in sizes if s < crop_size][-1:] + [s for s in sizes if s > crop_size][:1]
    raise UserError(
        f"a U-Net cannot halve {crop_size} pixels down to its bottleneck; "
        f"nearest sizes that work: {' and '.join(map(str, nearest))}"
    )


def patchgan_layers(patch: int) -> int:
    """Return the number of stride-2 convolutions of the PatchGAN that judges patch x patch pixels; 0 judges pixels.

    Raises
    ------
    UserError
        If no PatchGAN has this receptive field.
    """
    if patch not in STRIDED_LAYERS:
        raise UserError(f"no PatchGAN judges patches of {patch} pixels; known: {', '.join(map(str, STRIDED_LAYERS))}")
    return STRIDED_LAYERS[patch]


def smallest_input(patch: int) -> int:
    """Return the side of the smallest square image for which a PatchGAN gives a logit.

    Each strided layer halves the side, rounding down; then two layers, which patches of 1 and 46 pixels lack, reduce it
    by one pixel each.
    """
    last = 1 if patch in (1, 46) else 3
    return last * 2 ** patchgan_layers(patch)
