"""ResNet generators with any number of blocks (`models.resnet`)."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from pixcycle.models.closed_form import Convolution, chain
from pixcycle.models.generators.generator import Generator
from pixcycle.params.experiment import Experiment

if TYPE_CHECKING:
    from torch import nn


def residual(blocks: int) -> Generator:
    """Return the generator of Johnson et al. with this number of residual blocks."""
    words = f"residual networks @cite-he2016 of {blocks} blocks, built as in @cite-johnson2016"
    return Generator(words, partial(_build, blocks), partial(_layers, blocks), _mistakes)


def _build(blocks: int, filters: int, norm: str, dropout: bool, upsampling: str, layers: str, **_: Any) -> "nn.Module":
    from pixcycle.models.resnet import ResnetGenerator

    return ResnetGenerator(3, 3, filters, blocks, norm, dropout, upsampling, layers)


def _layers(blocks: int, e: Experiment) -> list[Convolution]:
    """Return two downsamplings, residual blocks of two convolutions, and two upsamplings."""
    f, side = e.filters, e.crop_size
    # A deconvolution doubles the side itself; the input of a resize-convolution has been doubled already.
    doubled = 2 if e.upsampling == "resize" else 1
    downsamplings = chain(3, [f, 2 * f, 4 * f], [side, side // 2, side // 4])
    residual_blocks = 2 * blocks * [Convolution(4 * f, 4 * f, 3, side // 4, side // 4)]
    return [
        Convolution(3, f, 7, side, side),
        *downsamplings,
        *residual_blocks,
        Convolution(4 * f, 2 * f, 3, doubled * side // 4, side // 2),
        Convolution(2 * f, f, 3, doubled * side // 2, side),
        Convolution(f, 3, 7, side, side),
    ]


def _mistakes(e: Experiment) -> Iterator[tuple[str, str]]:
    if e.crop_size % 4 or e.crop_size < 8:
        yield "crop_size", f"a ResNet generator needs a multiple of 4, at least 8; got {e.crop_size}"
    if not e.skips:
        yield "skips", "a ResNet generator has no skip connections to remove"
    if e.first_dropout_block != 2:
        yield "first_dropout_block", "only a U-Net has blocks to choose from; set it to 2"
    if e.layers not in ("authors", "kth"):
        yield "layers", f"a ResNet generator has layers authors or kth; got {e.layers}"
