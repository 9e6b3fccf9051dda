"""BiGAN/ALI: one discriminator judges pairs of images (Donahue et al. 2017, Dumoulin et al. 2017).

Here as a baseline of the CycleGAN paper, which replaces the latent vector by an image: G translates A to B, and E,
their encoder, B to A.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pixcycle.methods.cyclegan import SEEDS_APART
from pixcycle.methods.method import Losses, Method
from pixcycle.models.closed_form import Convolution, trained
from pixcycle.models.layers import discriminator, generator
from pixcycle.params.experiment import Experiment
from pixcycle.paths import Direction

if TYPE_CHECKING:
    from torch import Tensor

    from pixcycle.machine.fabric import Fabric


class BiGAN(Method):
    """G (`g_ab`), E (`g_ba`) and one D that sees an image of A and one of B, concatenated.

    D minimises (L_GAN(D(a, G(a)), 1) + L_GAN(D(E(b), b), 0)) / 2; G minimises L_GAN(D(a, G(a)), 0) and E minimises
    L_GAN(D(E(b), b), 1) (equation 2 of BiGAN's paper, in its non-saturating form). There is neither a cycle nor a
    reconstruction term. D sees each kind of pair through a pool of its own; G and E are judged by the pairs just made.
    """

    words = "BiGAN @cite-donahue2017 or ALI @cite-dumoulin2017 has one discriminator judge pairs of input and output"
    references: ClassVar = {
        "donahue2017": "J. Donahue, P. Krähenbühl, T. Darrell: Adversarial feature learning. ICLR 2017.",
        "dumoulin2017": "V. Dumoulin, I. Belghazi, B. Poole, et al.: Adversarially learned inference. ICLR 2017.",
    }
    needs_pairs = False
    unused = (*Method.unused, "discriminators", "l1", "l2", "lambda_reconstruction", "lambda_identity")
    losses = Losses(reconstruction=(), generator=("g_ab_gan", "g_ba_gan"), discriminator=("d",))

    def __init__(self, e: Experiment, fabric: "Fabric", seed: int):
        from pixcycle.methods.networks import Networks, generator_of
        from pixcycle.models.build import build_discriminator
        from pixcycle.models.pool import ImagePool

        modules = {"g_ab": generator_of(e), "g_ba": generator_of(e)}
        modules["d"] = build_discriminator(e.patch, 6, e.filters, e.norm, e.layers)
        self.e = e
        self.nets = Networks(modules, {"g": ["g_ab", "g_ba"], "d": ["d"]}, e, fabric, seed)
        kinds = ("pairs_ab", "pairs_ba")
        self.pools = {kind: ImagePool(e.pool_size, seed + i * SEEDS_APART) for i, kind in enumerate(kinds)}

    def step(self, a: "Tensor", b: "Tensor") -> "dict[str, Tensor]":
        """Take one step of D and one of G and E, by default in this order."""
        from pixcycle.models.losses import seen

        a, b = self.nets.laid_out(a, b)
        pairs = seen(a, self.nets["g_ab"](a)), seen(self.nets["g_ba"](b), b)
        if self.e.order == "generator_first":
            return self._generators_step(*pairs) | self._discriminator_step(*pairs)
        loss_d = self._discriminator_step(*pairs)
        return self._generators_step(*pairs) | loss_d

    def _generators_step(self, pairs_ab: "Tensor", pairs_ba: "Tensor") -> "dict[str, Tensor]":
        """Train on pairs (a, G(a)) and (E(b), b), (N, 6, H, W) each; G's and E's gradients do not mix."""
        from pixcycle.models.losses import gan_loss

        with self.nets.frozen("d"):
            losses = {
                "g_ab_gan": gan_loss(self.nets["d"](pairs_ab), False, self.e.gan_mode),
                "g_ba_gan": gan_loss(self.nets["d"](pairs_ba), True, self.e.gan_mode),
            }
            total = losses["g_ab_gan"] + losses["g_ba_gan"]
            self.nets.descend("g", total)
        return {"g": total, **losses}

    def _discriminator_step(self, pairs_ab: "Tensor", pairs_ba: "Tensor") -> "dict[str, Tensor]":
        from pixcycle.models.losses import discriminator_loss

        ones, zeros = self._through_pool("pairs_ab", pairs_ab), self._through_pool("pairs_ba", pairs_ba)
        loss = discriminator_loss(self.nets["d"], None, ones, zeros, self.e.gan_mode, self.e.halve_discriminator)
        self.nets.descend("d", loss)
        return {"d": loss}

    def _through_pool(self, name: str, pairs: "Tensor") -> "Tensor":
        from pixcycle.machine.ranks import joined, own_share

        return own_share(self.pools[name].query(joined(pairs.detach())))

    @staticmethod
    def generators(e: Experiment) -> dict[Direction, str]:
        return {"a_to_b": "g_ab", "b_to_a": "g_ba"}

    @staticmethod
    def recipes(e: Experiment) -> list[str]:
        return ["pools"] if e.pool_size else []

    @staticmethod
    def mistakes(e: Experiment) -> Iterator[tuple[str, str]]:
        if e.conditional:
            yield "conditional", "BiGAN's discriminator sees two images in any case; set conditional: false"

    @staticmethod
    def layers(e: Experiment) -> list[Convolution]:
        return 2 * generator(e) + _joint_discriminator(e)

    @staticmethod
    def products(e: Experiment) -> list[Convolution]:
        """Return the products of a step: D learns from two pairs, then two gradients pass through it."""
        d = _joint_discriminator(e)
        return 2 * trained(generator(e)) + 2 * trained(d) + 4 * d

    @staticmethod
    def kept(e: Experiment) -> list[Convolution]:
        return 2 * generator(e) + 2 * _joint_discriminator(e)


def _joint_discriminator(e: Experiment) -> list[Convolution]:
    """Return the convolutions of a PatchGAN that sees two images."""
    return discriminator(e.model_copy(update={"conditional": True}))


METHOD = BiGAN
