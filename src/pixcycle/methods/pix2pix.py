"""pix2pix: a generator, and a discriminator that sees input and output together (report 000, equations 1 to 3)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pixcycle.methods.method import Losses, Method
from pixcycle.models.closed_form import Convolution, trained
from pixcycle.models.layers import discriminator, generator, judged
from pixcycle.params.experiment import Experiment
from pixcycle.paths import Direction

if TYPE_CHECKING:
    from torch import Tensor

    from pixcycle.machine.fabric import Fabric


def generator_losses(d, x: "Tensor | None", y: "Tensor", fake: "Tensor", e: Experiment) -> "dict[str, Tensor]":
    """Return G* = L_GAN(D(x, G(x)), 1) + lambda * L_rec(y, G(x)) as `g`, and its terms (report 000, equation 3)."""
    from pixcycle.models.losses import gan_loss, pixel_loss, seen

    gan = gan_loss(d(seen(x, fake)), True, e.gan_mode)
    reconstruction = pixel_loss(fake, y, e.l1, e.l2)
    return {
        "g": gan + e.lambda_reconstruction * reconstruction,
        "g_gan": gan,
        "g_reconstruction": reconstruction,
    }


class Pix2pix(Method):
    """Networks of a pix2pix run and their training step."""

    words = "pix2pix @cite-isola2017 learns from pairs"
    needs_pairs = True
    losses = Losses(reconstruction=("g_reconstruction",), generator=("g_gan",), discriminator=("d",))

    def __init__(self, e: Experiment, fabric: "Fabric", seed: int):
        from pixcycle.methods.networks import Networks, discriminator_of, generator_of

        modules = {"g": generator_of(e), "d": discriminator_of(e)}
        self.e = e
        self.nets = Networks(modules, {"g": ["g"], "d": ["d"]}, e, fabric, seed)
        self.pools = {}

    def step(self, a: "Tensor", b: "Tensor") -> "dict[str, Tensor]":
        """Take one step of D and one of G, by default in this order."""
        e, nets = self.e, self.nets
        a, b = nets.laid_out(a, b)
        x, y = (a, b) if e.direction == "a_to_b" else (b, a)
        seen = x if e.conditional else None
        fake = nets["g"](x)
        if e.order == "generator_first":
            return self._generator_step(seen, y, fake) | self._discriminator_step(seen, y, fake)
        loss_d = self._discriminator_step(seen, y, fake)
        return self._generator_step(seen, y, fake) | loss_d

    def _generator_step(self, seen: "Tensor | None", y: "Tensor", fake: "Tensor") -> "dict[str, Tensor]":
        with self.nets.frozen("d"):
            losses = generator_losses(self.nets["d"], seen, y, fake, self.e)
            self.nets.descend("g", losses["g"])
        return losses

    def _discriminator_step(self, seen: "Tensor | None", y: "Tensor", fake: "Tensor") -> "dict[str, Tensor]":
        from pixcycle.models.losses import discriminator_loss

        loss = discriminator_loss(self.nets["d"], seen, y, fake, self.e.gan_mode, self.e.halve_discriminator)
        self.nets.descend("d", loss)
        return {"d": loss}

    @staticmethod
    def generators(e: Experiment) -> dict[Direction, str]:
        return {e.direction: "g"}

    @staticmethod
    def mistakes(e: Experiment) -> Iterator[tuple[str, str]]:
        for field in ("pool_size", "lambda_identity"):
            if getattr(e, field):
                yield field, "not supported by pix2pix; remove it, or set method: cyclegan"

    @staticmethod
    def layers(e: Experiment) -> list[Convolution]:
        return generator(e) + discriminator(e)

    @staticmethod
    def products(e: Experiment) -> list[Convolution]:
        return trained(generator(e)) + judged(e)

    @staticmethod
    def kept(e: Experiment) -> list[Convolution]:
        """Return what D's step keeps: the pass of G, which G's step needs afterwards, and two passes of D.

        If G steps first, its pass is over by then: either step may keep more.
        """
        g, d = generator(e), discriminator(e)
        if e.order == "generator_first":
            return max(g + d, 2 * d, key=lambda layers: sum(layer.numbers for layer in layers))
        return g + 2 * d

    @staticmethod
    def variant(e: Experiment) -> list[str]:
        return [] if e.conditional else ["unconditional"]


METHOD = Pix2pix
