"""Diagrams of networks as rows of boxes, traced through the actual module (report 004, the architectures)."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field

import matplotlib
import numpy as np
import torch
from matplotlib.patches import Rectangle
from torch import Tensor, nn

from pixcycle.models.resnet import ResnetBlock
from pixcycle.report.drawing.interactive import Picture
from pixcycle.report.drawing.style import BOLD, FAINT, LIGHT, MUTED, STYLE, WIDTH, text_width

JOINED = {
    nn.InstanceNorm2d: "instance norm",
    nn.BatchNorm2d: "batch norm",
    nn.ReLU: "ReLU",
    nn.LeakyReLU: "leaky ReLU",
    nn.Tanh: "tanh",
    nn.Dropout: "dropout",
}
"""Layers that are drawn in the box of the layer before them."""
CONVOLUTIONS = {nn.Conv2d: "conv", nn.ConvTranspose2d: "deconv"}

COLUMN, WIDEST, TALLEST, THINNEST, SHIFT, LINE = 1.4, 0.6, 1.5, 0.04, 0.04, 0.17  # inches


@dataclass
class Box:
    """A layer together with the layers drawn in its box.

    Attributes
    ----------
    name
        Name of the layer.
    shape
        (C, H, W) of its output.
    joined
        Names of the layers that share the box, in order.
    times
        Number of equal blocks in a row that this box stands for.
    """

    name: str
    shape: tuple[int, ...]
    joined: list[str] = field(default_factory=list)
    times: int = 1


def trace(network: nn.Module, shape: tuple[int, int, int]) -> list[Box]:
    """Return a box for the input and one for each layer, in order of execution.

    A copy of the network runs on the meta device; the network itself is neither run nor changed.

    Parameters
    ----------
    shape
        (C, H, W) of one input.
    """
    boxes = [Box("input", shape)]

    def add(layer: nn.Module, _, output: Tensor) -> None:
        box = Box(_name(layer), tuple(output.shape[1:]), _inside(layer))
        last = boxes[-1]
        if _named(layer, JOINED):
            last.joined.append(box.name)
        elif box.joined and (box.name, box.shape, box.joined) == (last.name, last.shape, last.joined):
            last.times += 1
        else:
            boxes.append(box)

    copy = deepcopy(network).to("meta").eval()
    for layer in _layers(copy):
        if isinstance(layer, ResnetBlock) or _named(layer, JOINED):
            layer.forward = lambda x: x  # keeps the shape; running the real layer would make torch import its compiler
        layer.register_forward_hook(add)
    copy(torch.zeros(1, *shape, device="meta"))
    return boxes


@matplotlib.rc_context(STYLE)
def architecture(network: nn.Module, shape: tuple[int, int, int], title: str = "") -> Picture:
    """Draw one box per layer, with its norm and activation.

    The height of a box is to scale with the side of the layer's output, and its width grows with the square root of
    the number of channels. Suitable for chains of layers and residual blocks: skip connections are not drawn.

    Parameters
    ----------
    shape
        (C, H, W) of one input.
    """
    boxes = trace(network, shape)
    widest_text = max(text_width(text) for box in boxes for text in (box.name, *box.joined))
    column = max(min(WIDTH / len(boxes), COLUMN), BOLD * widest_text)
    most, tallest = (max(box.shape[axis] for box in boxes) for axis in (0, 1))
    sizes = 0.1 + LINE
    middle = sizes + 0.25 + TALLEST / 2
    names = middle + TALLEST / 2 + 0.15 + LINE * max(len(box.joined) for box in boxes)
    width, height = column * len(boxes), names + (0.5 if title else 0.2)

    figure = Picture(figsize=(width, height))
    figure.suptitle(title, x=0.1 / width, y=1 - 0.05 / height, ha="left", va="top")
    panel = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height))
    panel.axis("off")
    edge = 0.0
    for i, box in enumerate(boxes):
        x = (i + 0.5) * column
        channels, rows, columns = box.shape
        w, h = max(WIDEST * (channels / most) ** 0.5, THINNEST), max(TALLEST * rows / tallest, THINNEST)
        if i:
            arrow = {"arrowstyle": "->", "color": MUTED, "shrinkA": 3, "shrinkB": 3}
            panel.annotate("", (x - w / 2, middle), (edge, middle), arrowprops=arrow)
        shifts = np.arange(min(box.times, 3)) * SHIFT
        for shift in shifts[::-1]:
            place = (x - w / 2 + shift, middle - h / 2 + shift)
            panel.add_patch(Rectangle(place, w, h, facecolor=LIGHT if i else FAINT, edgecolor=MUTED, lw=0.8))
        edge = x + w / 2 + shifts[-1]
        name = f"{box.times} × {box.name}" if box.times > 1 else box.name
        panel.text(x, names, name, ha="center", weight="bold")
        for line, text in enumerate(box.joined, 1):
            panel.text(x, names - line * LINE, text, ha="center", color=MUTED)
        panel.text(x, sizes, f"{channels} channel{'s' if channels > 1 else ''}", ha="center")
        panel.text(x, sizes - LINE, f"{rows} × {columns}", ha="center")
    return figure


def _layers(module: nn.Module) -> Iterator[nn.Module]:
    """Yield the parts of a module that are drawn, in order."""
    if isinstance(module, ResnetBlock) or not list(module.children()):
        if not isinstance(module, nn.ReflectionPad2d):  # drawn as part of the convolution after it
            yield module
    else:
        for child in module.children():
            yield from _layers(child)


def _name(layer: nn.Module) -> str:
    if isinstance(layer, ResnetBlock):
        return "residual"
    if convolution := _named(layer, CONVOLUTIONS):
        stride = f" /{layer.stride[0]}" if layer.stride[0] > 1 else ""
        return f"{convolution} {layer.kernel_size[0]}×{layer.kernel_size[1]}{stride}"
    if isinstance(layer, nn.Upsample):
        return f"resize ×{layer.scale_factor:g}"
    return _named(layer, JOINED) or type(layer).__name__.lower()


def _named(layer: nn.Module, names: dict[type, str]) -> str | None:
    """Return the name of the first type that the layer is an instance of, or None."""
    return next((name for kind, name in names.items() if isinstance(layer, kind)), None)


def _inside(layer: nn.Module) -> list[str]:
    """Return the names of the parts of a residual block; empty for a single layer."""
    return [_name(part) for child in layer.children() for part in _layers(child)]
