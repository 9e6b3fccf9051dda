"""CycleGAN: two generators that undo each other, judged without pairs (report 000, equations 4 to 6)."""

from torch import Tensor

from pixcycle.engine.fabric import Fabric
from pixcycle.engine.ranks import joined, own_share
from pixcycle.models.build import build_discriminator
from pixcycle.models.losses import gan_loss, pixel_loss
from pixcycle.models.pool import ImagePool
from pixcycle.schema import Experiment
from pixcycle.training.networks import Networks, generator_of
from pixcycle.training.pix2pix import discriminator_loss


def generator_losses(nets, a: Tensor, b: Tensor, e: Experiment) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """L = L_GAN(A to B) + L_GAN(B to A) + lambda * L_cyc + lambda * lambda_identity * L_idt.

    L_cyc = L_rec(A, G_BA(G_AB(A))) + L_rec(B, G_AB(G_BA(B))) (report 000, equation 4, its misprint mended);
    L_idt = |G_AB(B) - B| + |G_BA(A) - A| (report 003). A direction without discriminator has no GAN term (report 001).

    a, b: unpaired batches (N, C, H, W) in [-1, 1]. Returns the losses and the fakes of domain A and of domain B.
    """
    g_ab, g_ba = nets["g_ab"], nets["g_ba"]
    fake_b, fake_a = g_ab(a), g_ba(b)
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
    return {"g": total, **losses}, fake_a, fake_b


class CycleGAN:
    """The networks of a CycleGAN run and one step of them."""

    def __init__(self, e: Experiment, fabric: Fabric, seed: int):
        modules = {name: generator_of(e) for name in ("g_ab", "g_ba")}
        scored = "d_b" if e.direction == "a_to_b" else "d_a"
        judges = ["d_a", "d_b"] if e.discriminators == 2 else [scored]
        modules |= {name: build_discriminator(e.patch, 3, e.filters, e.norm) for name in judges}
        self.e = e
        self.judges = judges
        self.nets = Networks(modules, {"g": ["g_ab", "g_ba"], "d": judges}, e, fabric, seed)
        self.pools = {name: ImagePool(e.pool_size, seed=seed) for name in judges}

    def step(self, a: Tensor, b: Tensor) -> dict[str, Tensor]:
        """One step of both generators, then one of the discriminators, on a batch in [-1, 1]; the losses as scalars."""
        e, nets = self.e, self.nets
        a, b = nets.laid_out(a, b)
        with nets.frozen(*self.judges):
            losses, fake_a, fake_b = generator_losses(nets, a, b, e)
            nets.descend("g", losses["g"])
        shown = {"d_a": (a, fake_a), "d_b": (b, fake_b)}
        for judge in self.judges:
            real, fake = shown[judge]
            fake = own_share(self.pools[judge].query(joined(fake.detach())))
            losses[judge] = discriminator_loss(nets[judge], None, real, fake, e.gan_mode)
        nets.descend("d", sum(losses[judge] for judge in self.judges))
        return losses
