"""A generator that params.yaml can name: its description, which needs no torch, and how to build it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pixcycle.models.closed_form import Convolution
from pixcycle.params.experiment import Experiment

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Generator:
    """A generator, registered under the name of its file in this folder.

    Attributes
    ----------
    words
        Its description in the report's sentence on networks, with a citation.
    references
        Key of each citation in `words` -> entry of the list of references, where the project's list has none.
    build
        Build the network, RGB to RGB, with PyTorch's default weights, from the keyword arguments of `build_generator`.
    layers
        Return its convolutions in closed form.
    mistakes
        Yield (field, error message) for each setting that the generator does not support.
    """

    words: str
    build: "Callable[..., nn.Module]"
    layers: Callable[[Experiment], list[Convolution]]
    mistakes: Callable[[Experiment], Iterator[tuple[str, str]]] = lambda e: iter(())
    references: dict[str, str] = field(default_factory=dict)
