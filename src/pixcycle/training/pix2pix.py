"""pix2pix: one generator, one discriminator that sees the input beside the output (report 000, equations 1 to 3)."""

import torch
from torch import Tensor

from pixcycle.engine.fabric import Fabric
from pixcycle.models.build import build_discriminator
from pixcycle.models.losses import gan_loss, pixel_loss
from pixcycle.models.norm import mixes_images
from pixcycle.schema import Experiment
from pixcycle.training.networks import Networks, generator_of


def discriminator_loss(d, x: Tensor | None, y: Tensor, fake: Tensor, mode: str) -> Tensor:
    """(L_GAN(D(x, y), 1) + L_GAN(D(x, G(x)), 0)) / 2; halved, to slow D down (report 000, section 5.1).

    x: input (N, C, H, W), or None for a discriminator that sees outputs only; y, fake: the real and generated output.
    """
    shown = _seen(x, y), _seen(x, fake.detach())
    on_real, on_fake = map(d, shown) if mixes_images(d) else d(torch.cat(shown)).chunk(2)
    return (gan_loss(on_real, True, mode) + gan_loss(on_fake, False, mode)) / 2


def generator_losses(d, x: Tensor | None, y: Tensor, fake: Tensor, e: Experiment) -> dict[str, Tensor]:
    """G* = L_GAN(D(x, G(x)), 1) + lambda * L_rec(y, G(x)) (report 000, equation 3), total and terms."""
    gan = gan_loss(d(_seen(x, fake)), True, e.gan_mode)
    reconstruction = pixel_loss(fake, y, e.l1, e.l2)
    return {
        "g": gan + e.lambda_reconstruction * reconstruction,
        "g_gan": gan,
        "g_reconstruction": reconstruction,
    }


def _seen(x: Tensor | None, y: Tensor) -> Tensor:
    return y if x is None else torch.cat([x, y], dim=1)


class Pix2pix:
    """The networks of a pix2pix run and one step of them."""

    def __init__(self, e: Experiment, fabric: Fabric, seed: int):
        modules = {
            "g": generator_of(e),
            "d": build_discriminator(e.patch, 6 if e.conditional else 3, e.filters, e.norm),
        }
        self.e = e
        self.nets = Networks(modules, {"g": ["g"], "d": ["d"]}, e, fabric, seed)
        self.pools = {}

    def step(self, a: Tensor, b: Tensor) -> dict[str, Tensor]:
        """One step of D, then one of G, on a batch in [-1, 1]; the losses as scalars."""
        e, nets = self.e, self.nets
        g, d = nets["g"], nets["d"]
        a, b = nets.laid_out(a, b)
        x, y = (a, b) if e.direction == "a_to_b" else (b, a)
        seen = x if e.conditional else None

        fake = g(x)
        loss_d = discriminator_loss(d, seen, y, fake, e.gan_mode)
        nets.descend("d", loss_d)
        with nets.frozen("d"):
            losses = generator_losses(d, seen, y, fake, e)
            nets.descend("g", losses["g"])
        return losses | {"d": loss_d}
