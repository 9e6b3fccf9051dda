"""CoGAN: two GANs that share layers render pairs of images from one latent vector (Liu and Tuzel 2016)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pixcycle.methods.method import Losses, Method
from pixcycle.models.closed_form import Convolution, trained
from pixcycle.models.cogan_layers import coupled_generators, one_discriminator
from pixcycle.params.experiment import Experiment
from pixcycle.paths import Direction

if TYPE_CHECKING:
    from torch import Tensor, nn

    from pixcycle.machine.fabric import Fabric


OF_OTHER_NETWORKS = (
    "generator",
    "skips",
    "upsampling",
    "norm",
    "layers",
    "dropout",
    "first_dropout_block",
    "patch",
    "published_weights",
    "published_weights_back",
    "inference_dropout",
)
OF_OTHER_LOSSES = (
    "discriminators",
    "l1",
    "l2",
    "lambda_reconstruction",
    "lambda_identity",
    "pool_size",
    "feature_network",
)


class CoGAN(Method):
    """Coupled generators g = (g_1, g_2) and coupled discriminators d = (d_1, d_2), `models.cogan`.

    For z drawn from U(-1, 1), d minimises sum_i (L_GAN(d_i(x_i), 1) + L_GAN(d_i(g_i(z)), 0)) / 2, and g minimises
    sum_i L_GAN(d_i(g_i(z)), 1) (equation 3 of CoGAN's paper, in its non-saturating form). What the domains share are
    layers: no term compares the two images of a pair, and none sees an input to translate. A test image is translated
    by the search of `models.cogan.Inversion`.
    """

    words = "CoGAN @cite-liu2016 renders pairs of images with two GANs that share layers"
    references: ClassVar = {"liu2016": "M.-Y. Liu, O. Tuzel: Coupled generative adversarial networks. NeurIPS 2016."}
    needs_pairs = False
    own_networks = "CoGAN's deconvolutions and convolutions"
    unused = OF_OTHER_NETWORKS + OF_OTHER_LOSSES
    feed_forward = False
    losses = Losses(reconstruction=(), generator=("g_a_gan", "g_b_gan"), discriminator=("d_a", "d_b"))

    def __init__(self, e: Experiment, fabric: "Fabric", seed: int):
        from pixcycle.methods.networks import Networks
        from pixcycle.models.cogan import CoupledDiscriminators, CoupledGenerators

        modules = {
            "g": CoupledGenerators(e.crop_size, e.filters),
            "d": CoupledDiscriminators(e.crop_size, e.filters),
        }
        self.e = e
        self.nets = Networks(modules, {"g": ["g"], "d": ["d"]}, e, fabric, seed)
        self.pools = {}

    def step(self, a: "Tensor", b: "Tensor") -> "dict[str, Tensor]":
        """Take one step of the discriminators and one of the generators, by default in this order."""
        from pixcycle.models.losses import seen

        real = seen(*self.nets.laid_out(a, b))
        fake = self.nets["g"](self._latent_vectors(real))
        if self.e.order == "generator_first":
            return self._generators_step(fake) | self._discriminators_step(real, fake)
        losses_d = self._discriminators_step(real, fake)
        return self._generators_step(fake) | losses_d

    @staticmethod
    def _latent_vectors(real: "Tensor") -> "Tensor":
        """Return a latent vector for each pair, (N, 100, 1, 1) in [-1, 1], on several ranks those of one process."""
        import torch

        from pixcycle.machine import ranks
        from pixcycle.models.cogan_layers import LATENT

        whole = torch.rand(ranks.count() * len(real), LATENT, 1, 1, device=real.device)
        return ranks.own_share(2 * whole - 1)

    def _generators_step(self, fake: "Tensor") -> "dict[str, Tensor]":
        from pixcycle.models.losses import gan_loss

        with self.nets.frozen("d"):
            logits_a, logits_b = self.nets["d"](fake).chunk(2, dim=1)
            losses = {
                "g_a_gan": gan_loss(logits_a, True, self.e.gan_mode),
                "g_b_gan": gan_loss(logits_b, True, self.e.gan_mode),
            }
            total = losses["g_a_gan"] + losses["g_b_gan"]
            self.nets.descend("g", total)
        return {"g": total, **losses}

    def _discriminators_step(self, real: "Tensor", fake: "Tensor") -> "dict[str, Tensor]":
        from pixcycle.models.losses import gan_loss

        on_real, on_fake = (self.nets["d"](pair).chunk(2, dim=1) for pair in (real, fake.detach()))
        divisor = 2 if self.e.halve_discriminator else 1
        losses = {
            name: (gan_loss(r, True, self.e.gan_mode) + gan_loss(f, False, self.e.gan_mode)) / divisor
            for name, r, f in zip(("d_a", "d_b"), on_real, on_fake, strict=True)
        }
        self.nets.descend("d", sum(losses.values()))
        return losses

    @staticmethod
    def generators(e: Experiment) -> dict[Direction, str]:
        return {"a_to_b": "g", "b_to_a": "g"}

    @staticmethod
    def translator(e: Experiment, direction: Direction) -> "nn.Module":
        from pixcycle.models.cogan import Inversion

        return Inversion(e.crop_size, e.filters, direction, e.inversion_steps, e.inversion_lr)

    @staticmethod
    def mistakes(e: Experiment) -> Iterator[tuple[str, str]]:
        if e.crop_size < 8 or e.crop_size & (e.crop_size - 1):
            yield "crop_size", f"CoGAN renders powers of two, at least 8 pixels; got {e.crop_size}"
        if e.conditional:
            yield "conditional", "CoGAN's discriminators see no input; set conditional: false"
        if e.inference_norm == "batch":
            yield "inference_norm", "the search for one image would depend on the others of its batch; set running"

    @staticmethod
    def layers(e: Experiment) -> list[Convolution]:
        shared, last = coupled_generators(e.crop_size, e.filters)
        d = one_discriminator(e.crop_size, e.filters)
        return shared + 2 * last + d[:1] + d

    @staticmethod
    def products(e: Experiment) -> list[Convolution]:
        """Return the products of a step for a pair: each discriminator learns from two images and judges a third."""
        shared, last = coupled_generators(e.crop_size, e.filters)
        d = one_discriminator(e.crop_size, e.filters)
        return trained(shared + 2 * last) + 2 * (2 * trained(d) + 2 * d)

    @staticmethod
    def kept(e: Experiment) -> list[Convolution]:
        """Return what d's step keeps: the pass of g, which g's step needs afterwards, and two passes of each d_i."""
        shared, last = coupled_generators(e.crop_size, e.filters)
        return shared + 2 * last + 4 * one_discriminator(e.crop_size, e.filters)


METHOD = CoGAN
