"""Base class of training methods.

Plans and estimates must not wait for the import of torch: a method's file imports it inside functions only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pixcycle.models.closed_form import Convolution
from pixcycle.params.experiment import Experiment
from pixcycle.paths import Direction

if TYPE_CHECKING:
    from torch import Tensor, nn

    from pixcycle.machine.fabric import Fabric
    from pixcycle.methods.networks import Networks
    from pixcycle.models.pool import ImagePool


@dataclass(frozen=True)
class Losses:
    """Names of a method's losses, which are logged unweighted.

    Attributes
    ----------
    reconstruction
        Reconstruction terms.
    generator
        GAN terms of generators.
    discriminator
        Losses of discriminators.
    """

    reconstruction: tuple[str, ...]
    generator: tuple[str, ...]
    discriminator: tuple[str, ...]


class Method:
    """A training method; an instance holds the networks of an experiment in training.

    Subclasses set the class attributes and define the functions that raise NotImplementedError here.

    Attributes
    ----------
    words
        Its description in the report's sentence on methods, with a citation.
    references
        Key of each citation in `words` -> entry of the list of references, where the project's list has none.
    needs_pairs
        Whether a batch must hold both images of a pair.
    losses
        Names of its losses. The sum that the generators minimise is called `g`.
    own_networks
        Description of its networks if they are not those that `generator` and `patch` name, else empty.
    unused
        Fields of an experiment that it has no use for: settings other than the default are refused, and none is shown.
    feed_forward
        Whether it translates by a single pass through a network, which takes images of other sizes, too.
    nets
        Its networks and their optimisers.
    pools
        Pools of generated images by the name of their discriminator; they are saved with the networks.
    """

    words: ClassVar[str]
    references: ClassVar[dict[str, str]] = {}
    needs_pairs: ClassVar[bool]
    losses: ClassVar[Losses]
    own_networks: ClassVar[str] = ""
    unused: ClassVar[tuple[str, ...]] = ("feature_network", "inversion_steps", "inversion_lr")
    feed_forward: ClassVar[bool] = True
    nets: "Networks"
    pools: "dict[str, ImagePool]"

    def __init__(self, e: Experiment, fabric: "Fabric", seed: int):
        """Build the networks, with weights drawn from the seed."""
        raise NotImplementedError

    def load_fetched(self, weights: Sequence[Path]) -> None:
        """Load fixed networks that the method uses; `weights` are the downloaded files that the experiment names."""

    def step(self, a: "Tensor", b: "Tensor") -> "dict[str, Tensor]":
        """Train for one step on batches of both domains, (N, C, H, W) in [-1, 1]; return the losses as scalars."""
        raise NotImplementedError

    @staticmethod
    def generators(e: Experiment) -> dict[Direction, str]:
        """Return the name of the generator for each direction that the method learns to translate."""
        raise NotImplementedError

    @staticmethod
    def translator(e: Experiment, direction: Direction) -> "nn.Module":
        """Return the network that translates in a direction, not yet initialised.

        It maps (N, C, H, W) in [-1, 1] to the same shape and range.
        """
        from pixcycle.methods.networks import generator_of

        return generator_of(e)

    @staticmethod
    def mistakes(e: Experiment) -> Iterator[tuple[str, str]]:
        """Yield (field, error message) for each setting that the method does not support."""
        return iter(())

    @classmethod
    def summed_losses(cls, e: Experiment) -> tuple[str, ...]:
        """Return the losses of discriminators that add their terms for real and for generated images, if they do."""
        return () if e.halve_discriminator else cls.losses.discriminator

    @staticmethod
    def recipes(e: Experiment) -> list[str]:
        """Return the entries of RECIPE, besides `train`, that an experiment's training depends on."""
        return []

    @staticmethod
    def layers(e: Experiment) -> list[Convolution]:
        """Return the convolutions of all networks of an experiment."""
        raise NotImplementedError

    @staticmethod
    def products(e: Experiment) -> list[Convolution]:
        """Return the convolutions of a training step, each listed once for every product computed of it."""
        raise NotImplementedError

    @staticmethod
    def kept(e: Experiment) -> list[Convolution]:
        """Return the convolutions whose inputs and outputs are kept for the backward pass at the same time."""
        raise NotImplementedError

    @staticmethod
    def variant(e: Experiment) -> list[str]:
        """Return phrases that name how the cost of a step differs from the method's usual cost."""
        return []
