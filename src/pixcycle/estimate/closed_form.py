"""FLOPs of training, written down layer by layer, for those who must not wait for torch; `flops` counts the same."""

from dataclasses import dataclass
from itertools import pairwise

from pixcycle.config import Experiment
from pixcycle.models.sizes import downsamplings, patchgan_layers


@dataclass(frozen=True)
class Convolution:
    """Of side x side positions, at each of which a kernel joins all channels in with all channels out.

    side: of the output in pixels, or of the input where the convolution is transposed.
    """

    channels_in: int
    channels_out: int
    kernel: int
    side: int

    @property
    def flops(self) -> int:
        """Of one image, forward; a multiplication and its addition are 2."""
        return 2 * self.channels_in * self.channels_out * (self.kernel * self.side) ** 2


def image_flops(e: Experiment) -> int:
    """What one image (a pair; for CycleGAN one image of each domain) costs in a training step.

    Backward a layer costs as much as forward for its weights, and as much again for its input.
    """
    g = _unet(e) if e.generator == "unet" else _resnet(e)
    d = _patchgan(e)
    judged = 2 * _trained(d) + 2 * _forward(d)  # D learns from a real and a fake image; G looks through a frozen D
    if e.method == "pix2pix":
        return _trained(g) + judged
    there, back = _trained(g), 3 * _forward(g)  # on the way back the first layer passes its gradient on
    identity = _trained(g) if e.lambda_identity else 0
    return 2 * (there + back + identity) + e.discriminators * judged


def _forward(layers: list[Convolution]) -> int:
    return sum(layer.flops for layer in layers)


def _trained(layers: list[Convolution]) -> int:
    """Forward and backward; the image itself needs no gradient."""
    return 3 * _forward(layers) - layers[0].flops


def _unet(e: Experiment) -> list[Convolution]:
    """models.unet: halvings down to the innermost, then doublings, whose narrow side is that of their input."""
    levels = range(downsamplings(e.crop_size))
    widths = [e.filters * min(2**level, 8) for level in levels]
    outer = [3, *widths]
    sides = [e.crop_size >> (level + 1) for level in levels]
    down = [Convolution(outer[level], widths[level], 4, sides[level]) for level in levels]
    joined = [(2 if e.skips and level < levels[-1] else 1) * widths[level] for level in levels]
    return down + [Convolution(joined[level], outer[level], 4, sides[level]) for level in reversed(levels)]


def _resnet(e: Experiment) -> list[Convolution]:
    """models.resnet: two halvings, residual blocks of two convolutions, two doublings."""
    f, side = e.filters, e.crop_size
    # A deconvolution works at its input's positions, a resize-convolution at those of its output.
    doubled = 2 if e.upsampling == "resize" else 1
    blocks = {"resnet6": 6, "resnet9": 9}[e.generator]
    return [
        Convolution(3, f, 7, side),
        Convolution(f, 2 * f, 3, side // 2),
        Convolution(2 * f, 4 * f, 3, side // 4),
        *(2 * blocks * [Convolution(4 * f, 4 * f, 3, side // 4)]),
        Convolution(4 * f, 2 * f, 3, doubled * side // 4),
        Convolution(2 * f, f, 3, doubled * side // 2),
        Convolution(f, 3, 7, side),
    ]


def _patchgan(e: Experiment) -> list[Convolution]:
    """models.patchgan: halvings, then two layers that lose a pixel each; one per-pixel network for patches of 1."""
    f, side = e.filters, e.crop_size
    seen = 6 if e.conditional else 3
    if e.patch == 1:
        return [Convolution(seen, f, 1, side), Convolution(f, 2 * f, 1, side), Convolution(2 * f, 1, 1, side)]
    strided = patchgan_layers(e.patch)
    widths = [seen, *(f * min(2**depth, 8) for depth in range(strided + 1)), 1]
    sides = [*(side >> (depth + 1) for depth in range(strided)), (side >> strided) - 1, (side >> strided) - 2]
    return [Convolution(a, b, 4, s) for (a, b), s in zip(pairwise(widths), sides, strict=True)]
