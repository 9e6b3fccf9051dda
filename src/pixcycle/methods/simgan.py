"""SimGAN: each generator is to keep its input while it fools a discriminator (Shrivastava et al. 2017).

Here as a baseline of the CycleGAN paper: with that paper's networks, least-squares losses and image pools.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pixcycle.methods.cyclegan import CycleGAN
from pixcycle.methods.method import Losses
from pixcycle.models.closed_form import Convolution, trained
from pixcycle.models.layers import discriminator, generator, judged
from pixcycle.params.experiment import Experiment

if TYPE_CHECKING:
    from torch import Tensor


class SimGAN(CycleGAN):
    """Two generators, one for each direction, each with a discriminator; nothing ties the directions to each other.

    A direction's generator minimises L_GAN(D(G(x)), 1) + lambda * L_content(x, G(x)) (equations 3 and 4 of SimGAN's
    paper), with L_content = L_rec(x, G(x)). The networks, their discriminators' step and the pools are CycleGAN's. G's
    GAN term judges the image just generated, never one from the pool.
    """

    unused = (*CycleGAN.unused, "lambda_identity")
    words = "SimGAN @cite-shrivastava2017 asks generators to change little in their inputs"
    losses = Losses(
        reconstruction=("content_a", "content_b"), generator=("g_ab_gan", "g_ba_gan"), discriminator=("d_a", "d_b")
    )

    def content_loss(self, x: "Tensor", fake: "Tensor") -> "Tensor":
        """Return L_content(x, G(x)), a scalar, from batches (N, 3, H, W) in [-1, 1]."""
        from pixcycle.models.losses import pixel_loss

        return pixel_loss(fake, x, self.e.l1, self.e.l2)

    def _generators_step(self, a: "Tensor", b: "Tensor", fake_a: "Tensor", fake_b: "Tensor") -> "dict[str, Tensor]":
        from pixcycle.models.losses import gan_loss

        with self.nets.frozen("d_a", "d_b"):
            losses = {
                "g_ab_gan": gan_loss(self.nets["d_b"](fake_b), True, self.e.gan_mode),
                "g_ba_gan": gan_loss(self.nets["d_a"](fake_a), True, self.e.gan_mode),
                "content_a": self.content_loss(a, fake_b),
                "content_b": self.content_loss(b, fake_a),
            }
            content = losses["content_a"] + losses["content_b"]
            total = losses["g_ab_gan"] + losses["g_ba_gan"] + self.e.lambda_reconstruction * content
            self.nets.descend("g", total)
        return {"g": total, **losses}

    @staticmethod
    def mistakes(e: Experiment) -> Iterator[tuple[str, str]]:
        if e.conditional:
            yield "conditional", "needs pairs, which this method does without; set conditional: false"
        if e.discriminators == 1:
            yield "discriminators", "each of the two generators needs its own; set discriminators: 2"

    @staticmethod
    def products(e: Experiment) -> list[Convolution]:
        return 2 * (trained(generator(e)) + judged(e))

    @staticmethod
    def kept(e: Experiment) -> list[Convolution]:
        """Return what the generators' step keeps; the discriminators' own step keeps less."""
        return 2 * (generator(e) + discriminator(e))


METHOD = SimGAN
