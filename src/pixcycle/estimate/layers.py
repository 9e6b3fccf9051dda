"""The convolutions of the networks, written down layer by layer, for those who must not wait for torch."""

from dataclasses import dataclass
from itertools import pairwise

from pixcycle.models.sizes import downsamplings, patchgan_layers
from pixcycle.schema import Experiment


@dataclass(frozen=True)
class Convolution:
    """From side_in x side_in pixels to side_out x side_out; the narrower are the positions of its kernel.

    At each of them the kernel joins all channels in with all channels out.
    """

    channels_in: int
    channels_out: int
    kernel: int
    side_in: int
    side_out: int

    @property
    def weights(self) -> int:
        return self.channels_in * self.channels_out * self.kernel**2

    @property
    def flops(self) -> int:
        """Of one image, forward; a multiplication and its addition are 2."""
        return 2 * self.weights * min(self.side_in, self.side_out) ** 2

    @property
    def numbers(self) -> int:
        """Of one image, that go in and out."""
        return self.channels_in * self.side_in**2 + self.channels_out * self.side_out**2


def generator(e: Experiment) -> list[Convolution]:
    return _unet(e) if e.generator == "unet" else _resnet(e)


def discriminator(e: Experiment) -> list[Convolution]:
    """models.patchgan: halvings, then two layers that lose a pixel each; one per-pixel network for patches of 1."""
    f, side = e.filters, e.crop_size
    seen = 6 if e.conditional else 3
    if e.patch == 1:
        return _chain(1, [seen, f, 2 * f, 1], 4 * [side])
    strided = patchgan_layers(e.patch)
    widths = [seen, *(f * min(2**depth, 8) for depth in range(strided + 1)), 1]
    sides = [*(side >> depth for depth in range(strided + 1)), (side >> strided) - 1, (side >> strided) - 2]
    return _chain(4, widths, sides)


def _unet(e: Experiment) -> list[Convolution]:
    """models.unet: halvings down to the innermost, then doublings, whose input a skip makes twice as deep."""
    levels = range(downsamplings(e.crop_size))
    widths = [3, *(e.filters * min(2**level, 8) for level in levels)]
    sides = [e.crop_size >> level for level in (*levels, len(levels))]
    joined = [(2 if e.skips and level < levels[-1] else 1) * widths[level + 1] for level in levels]
    up = [Convolution(joined[level], widths[level], 4, sides[level + 1], sides[level]) for level in reversed(levels)]
    return _chain(4, widths, sides) + up


def _resnet(e: Experiment) -> list[Convolution]:
    """models.resnet: two halvings, residual blocks of two convolutions, two doublings."""
    f, side = e.filters, e.crop_size
    blocks = {"resnet6": 6, "resnet9": 9}[e.generator]
    # A deconvolution doubles the side itself; before a resize-convolution it has been doubled.
    doubled = 2 if e.upsampling == "resize" else 1
    return [
        Convolution(3, f, 7, side, side),
        *_chain(3, [f, 2 * f, 4 * f], [side, side // 2, side // 4]),
        *(2 * blocks * [Convolution(4 * f, 4 * f, 3, side // 4, side // 4)]),
        Convolution(4 * f, 2 * f, 3, doubled * side // 4, side // 2),
        Convolution(2 * f, f, 3, doubled * side // 2, side),
        Convolution(f, 3, 7, side, side),
    ]


def _chain(kernel: int, channels: list[int], sides: list[int]) -> list[Convolution]:
    """Each the input of the next."""
    return [Convolution(*c, kernel, *s) for c, s in zip(pairwise(channels), pairwise(sides), strict=True)]
