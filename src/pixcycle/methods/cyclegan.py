"""CycleGAN: two generators that invert each other, trained without pairs (report 000, equations 4 to 6)."""

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
    from pixcycle.methods.networks import Networks


SEEDS_APART = 1_000_003
"""Distance between the seeds of a run's two pools, so that each draws random numbers of its own."""


def generator_losses(
    nets: "Networks", a: "Tensor", b: "Tensor", fake_a: "Tensor", fake_b: "Tensor", e: Experiment
) -> "dict[str, Tensor]":
    """Return L = L_GAN(A to B) + L_GAN(B to A) + lambda * L_cyc + lambda * lambda_identity * L_idt, and its terms.

    L_cyc = L_rec(A, G_BA(G_AB(A))) + L_rec(B, G_AB(G_BA(B))) (report 000, equation 4, with its misprint corrected);
    L_idt = |G_AB(B) - B| + |G_BA(A) - A| (report 003). A direction without a discriminator has no GAN term (report
    001).

    Parameters
    ----------
    a, b
        Unpaired batches (N, C, H, W) in [-1, 1].
    fake_a, fake_b
        Generated images G_BA(B) and G_AB(A).

    Returns
    -------
    losses
        The total L as `g`, and the terms, unweighted.
    """
    from pixcycle.models.losses import gan_loss, pixel_loss

    g_ab, g_ba = nets["g_ab"], nets["g_ba"]
    losses = {
        "cycle_a": pixel_loss(g_ba(fake_b), a, e.l1, e.l2),
        "cycle_b": pixel_loss(g_ab(fake_a), b, e.l1, e.l2),
    }
    total = e.lambda_reconstruction * (losses["cycle_a"] + losses["cycle_b"])
    for direction, judge, fake in (("g_ab", "d_b", fake_b), ("g_ba", "d_a", fake_a)):
        if judge in nets:
            losses[f"{direction}_gan"] = gan_loss(nets[judge](fake), True, e.gan_mode)
            total = total + losses[f"{direction}_gan"]
    if e.lambda_identity:
        losses["identity_a"] = pixel_loss(g_ba(a), a, 1.0, 0.0)
        losses["identity_b"] = pixel_loss(g_ab(b), b, 1.0, 0.0)
        identity = losses["identity_a"] + losses["identity_b"]
        total = total + e.lambda_reconstruction * e.lambda_identity * identity
    return {"g": total, **losses}


class CycleGAN(Method):
    """Networks of a CycleGAN run and their training step."""

    words = "CycleGAN @cite-zhu2017 learns without pairs, from cycles through two generators"
    needs_pairs = False
    losses = Losses(
        reconstruction=("cycle_a", "cycle_b"), generator=("g_ab_gan", "g_ba_gan"), discriminator=("d_a", "d_b")
    )

    def __init__(self, e: Experiment, fabric: "Fabric", seed: int):
        from pixcycle.methods.networks import Networks, discriminator_of, generator_of
        from pixcycle.models.pool import ImagePool

        modules = {name: generator_of(e) for name in ("g_ab", "g_ba")}
        only = "d_b" if e.direction == "a_to_b" else "d_a"
        judges = ["d_a", "d_b"] if e.discriminators == 2 else [only]
        modules |= {name: discriminator_of(e) for name in judges}
        self.e = e
        self.judges = judges
        self.nets = Networks(modules, {"g": ["g_ab", "g_ba"], "d": judges}, e, fabric, seed)
        self.pools = {name: ImagePool(e.pool_size, seed + i * SEEDS_APART) for i, name in enumerate(judges)}

    def step(self, a: "Tensor", b: "Tensor") -> "dict[str, Tensor]":
        """Take one step of both generators and one of the discriminators, by default in this order."""
        a, b = self.nets.laid_out(a, b)
        fake_b, fake_a = self.nets["g_ab"](a), self.nets["g_ba"](b)
        images = a, b, fake_a, fake_b
        if self.e.order == "discriminator_first":
            losses_d = self._discriminators_step(*images)
            return self._generators_step(*images) | losses_d
        return self._generators_step(*images) | self._discriminators_step(*images)

    def _generators_step(self, a: "Tensor", b: "Tensor", fake_a: "Tensor", fake_b: "Tensor") -> "dict[str, Tensor]":
        with self.nets.frozen(*self.judges):
            losses = generator_losses(self.nets, a, b, fake_a, fake_b, self.e)
            self.nets.descend("g", losses["g"])
        return losses

    def _discriminators_step(self, a: "Tensor", b: "Tensor", fake_a: "Tensor", fake_b: "Tensor") -> "dict[str, Tensor]":
        from pixcycle.machine.ranks import joined, own_share
        from pixcycle.models.losses import discriminator_loss

        e, inputs, losses = self.e, {"d_a": (a, fake_a), "d_b": (b, fake_b)}, {}
        for judge in self.judges:
            real, fake = inputs[judge]
            fake = own_share(self.pools[judge].query(joined(fake.detach())))
            losses[judge] = discriminator_loss(self.nets[judge], None, real, fake, e.gan_mode, e.halve_discriminator)
        self.nets.descend("d", sum(losses.values()))
        return losses

    @staticmethod
    def generators(e: Experiment) -> dict[Direction, str]:
        return {"a_to_b": "g_ab", "b_to_a": "g_ba"}

    @staticmethod
    def recipes(e: Experiment) -> list[str]:
        return ["pools"] if e.pool_size and e.discriminators == 2 else []

    @staticmethod
    def mistakes(e: Experiment) -> Iterator[tuple[str, str]]:
        if e.conditional:
            yield "conditional", "CycleGAN has no pairs to condition on; set conditional: false"

    @staticmethod
    def layers(e: Experiment) -> list[Convolution]:
        return 2 * generator(e) + e.discriminators * discriminator(e)

    @staticmethod
    def products(e: Experiment) -> list[Convolution]:
        """Return the products of a step; in the second half of a cycle a generator's input needs a gradient, too."""
        g = generator(e)
        first, second = trained(g), 3 * g
        identity = trained(g) if e.lambda_identity else []
        return 2 * (first + second + identity) + e.discriminators * judged(e)

    @staticmethod
    def kept(e: Experiment) -> list[Convolution]:
        """Return what the generators' step keeps; the discriminators' own step, before or after it, keeps less."""
        return (6 if e.lambda_identity else 4) * generator(e) + e.discriminators * discriminator(e)

    @staticmethod
    def variant(e: Experiment) -> list[str]:
        return ["one discriminator"] if e.discriminators == 1 else []


METHOD = CycleGAN
