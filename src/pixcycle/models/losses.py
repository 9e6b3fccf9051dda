"""Terms of the training objectives."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pixcycle.models.norm import mixes_images
from pixcycle.params.fields import GanMode


def gan_loss(logits: Tensor, real: bool, mode: GanMode) -> Tensor:
    """Return the mean GAN loss of a discriminator's logits d, a scalar.

    A generator minimises it with `real=True` on its own images: the non-saturating form of log(1 - D).

    Parameters
    ----------
    logits
        The discriminator's output d, of any shape.
    real
        Whether the images should be classified as real.
    mode
        bce: -log s(d) if real, else -log(1 - s(d)), where s is the sigmoid (report 000, eq. 1 and 5).
        lsgan: (d - 1)^2 if real, else d^2 (report 001, eq. 2 and 3; report 003, eq. 1).
    """
    cost = {"bce": F.binary_cross_entropy_with_logits, "lsgan": F.mse_loss}[mode]
    return cost(logits, torch.full_like(logits, float(real)))


def pixel_loss(fake: Tensor, real: Tensor, l1: float, l2: float) -> Tensor:
    """Return l1 * mean|y - G(x)| + l2 * mean (y - G(x))^2, a scalar (report 000, eq. 2 and section 5.1).

    This is the reconstruction term. The cycle and identity terms are the same function of other images (report 000,
    eq. 4; report 003, eq. 2 and 3).

    Parameters
    ----------
    fake, real
        G(x) and y, (N, C, H, W) in [-1, 1].
    l1, l2
        Weights of the two means.
    """
    difference = real - fake
    return l1 * difference.abs().mean() + l2 * difference.square().mean()


def discriminator_loss(
    d: nn.Module, x: Tensor | None, y: Tensor, fake: Tensor, mode: GanMode, halve: bool = True
) -> Tensor:
    """Return (L_GAN(D(x, y), 1) + L_GAN(D(x, G(x)), 0)) / 2, halved to slow D down (report 000, section 5.1).

    Parameters
    ----------
    x
        Generator input (N, C, H, W), or None for a discriminator that sees outputs only.
    y, fake
        Real and generated output, (N, C, H, W).
    halve
        Whether to divide by 2. Without it, this is the sum of report 001, eq. 3.
    """
    inputs = seen(x, y), seen(x, fake.detach())
    on_real, on_fake = map(d, inputs) if mixes_images(d) else d(torch.cat(inputs)).split([len(y), len(fake)])
    loss = gan_loss(on_real, True, mode) + gan_loss(on_fake, False, mode)
    return loss / 2 if halve else loss


def seen(x: Tensor | None, y: Tensor) -> Tensor:
    """Return a discriminator's input: an output, concatenated with the generator's input unless that is None."""
    return y if x is None else torch.cat([x, y], dim=1)
