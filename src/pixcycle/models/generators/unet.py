"""The U-Net generator of pix2pix (`models.unet`)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pixcycle.base.errors import UserError
from pixcycle.models.closed_form import Convolution, chain
from pixcycle.models.generators.generator import Generator
from pixcycle.params.experiment import Experiment
from pixcycle.params.network_sizes import downsamplings

if TYPE_CHECKING:
    from torch import nn


def _build(
    crop_size: int,
    filters: int,
    norm: str,
    dropout: bool,
    skips: bool,
    first_dropout_block: int,
    layers: str,
    **_: Any,
) -> "nn.Module":
    from pixcycle.models.unet import UNet
    from pixcycle.models.unet_relu_first import UNetReluFirst

    network = UNetReluFirst if layers == "ucsd" else UNet
    return network(3, 3, downsamplings(crop_size), filters, norm, dropout, skips, first_dropout_block)


def _layers(e: Experiment) -> list[Convolution]:
    """Return the downsamplings and then the upsamplings, whose input has twice the channels where there is a skip."""
    levels = range(downsamplings(e.crop_size))
    widths = [3, *(e.filters * min(2**level, 8) for level in levels)]
    sides = [e.crop_size >> level for level in (*levels, len(levels))]
    joined = [(2 if e.skips and level < levels[-1] else 1) * widths[level + 1] for level in levels]
    up = [Convolution(joined[level], widths[level], 4, sides[level + 1], sides[level]) for level in reversed(levels)]
    return chain(4, widths, sides) + up


def _mistakes(e: Experiment) -> Iterator[tuple[str, str]]:
    try:
        downsamplings(e.crop_size)
    except UserError as error:
        yield "crop_size", str(error)
    if e.upsampling != "deconvolution":
        yield "upsampling", "a U-Net upsamples by deconvolution only; set generator: resnet9"
    if e.layers not in ("authors", "ucsd"):
        yield "layers", f"a U-Net has layers authors or ucsd; got {e.layers}"
    if e.layers == "ucsd" and e.inference_norm == "batch":
        yield "inference_norm", "the statistics of one image say nothing at the bottleneck of layers: ucsd; set running"


GENERATOR = Generator("U-Nets @cite-ronneberger2015", _build, _layers, _mistakes)
