"""The generator of report 001: a ResNet of 6 blocks of one convolution each (`models.short_resnet`)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pixcycle.models.closed_form import Convolution, chain
from pixcycle.models.generators.generator import Generator
from pixcycle.params.experiment import Experiment

if TYPE_CHECKING:
    from torch import nn

BLOCKS = 6


def _build(filters: int, norm: str, layers: str, **_: Any) -> "nn.Module":
    from pixcycle.models.short_resnet import ShortResnet

    return ShortResnet(3, 3, filters, BLOCKS, norm, layers)


def _layers(e: Experiment) -> list[Convolution]:
    """Return two downsamplings, residual blocks of one convolution, and two upsamplings."""
    f, side = e.filters, e.crop_size
    inner = chain(
        3,
        [f, 2 * f, *(BLOCKS + 1) * [4 * f], 2 * f, f],
        [side, side // 2, *(BLOCKS + 1) * [side // 4], side // 2, side],
    )
    return [Convolution(3, f, 7, side, side), *inner, Convolution(f, 3, 7, side, side)]


def _mistakes(e: Experiment) -> Iterator[tuple[str, str]]:
    if e.crop_size % 4 or e.crop_size < 8:
        yield "crop_size", f"a ResNet generator needs a multiple of 4, at least 8; got {e.crop_size}"
    if not e.skips:
        yield "skips", "a ResNet generator has no skip connections to remove"
    if e.dropout:
        yield "dropout", "resnet6_short has no dropout; set dropout: false"
    if e.upsampling != "deconvolution":
        yield "upsampling", "resnet6_short upsamples by deconvolution only; set generator: resnet6"
    if e.layers not in ("authors", "wustl"):
        yield "layers", f"resnet6_short has layers authors or wustl; got {e.layers}"


WORDS = "residual networks @cite-he2016 of 6 blocks of a single convolution"
GENERATOR = Generator(WORDS, _build, _layers, _mistakes)
