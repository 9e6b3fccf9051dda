"""Which image sizes the networks accept; free of torch, so that a configuration is checked at once."""

from pixcycle.errors import UserError

STRIDED_LAYERS = {1: 0, 16: 1, 70: 3, 286: 5}
"""Receptive field of a PatchGAN in pixels -> its stride-2 convolutions, as in the pix2pix paper."""


def downsamplings(crop_size: int) -> int:
    """How often a U-Net halves a square image of this side: to 1x1 at 256 (8 times) and at 8, 16, ..., 128.

    Multiples of 256 are halved 8 times too, to a bottleneck wider than 1x1.
    Raises UserError, naming the nearest sizes that work, for any other side.
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
    """Stride-2 convolutions of the PatchGAN that judges patch x patch pixels; 0 is the per-pixel network.

    Raises UserError for a patch that no such network has.
    """
    if patch not in STRIDED_LAYERS:
        raise UserError(f"no PatchGAN judges patches of {patch} pixels; known: {', '.join(map(str, STRIDED_LAYERS))}")
    return STRIDED_LAYERS[patch]


def smallest_input(patch: int) -> int:
    """Side of the smallest square image for which that PatchGAN gives a logit.

    Every strided layer halves the side, rounding down; the two last layers take one pixel each.
    """
    return 1 if patch == 1 else 3 * 2 ** patchgan_layers(patch)
