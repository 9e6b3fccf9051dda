"""The two terms that every objective here is made of."""

import torch
import torch.nn.functional as F
from torch import Tensor

from pixcycle.scalars import GanMode


def gan_loss(logits: Tensor, real: bool, mode: GanMode) -> Tensor:
    """Mean cost of the discriminator's `logits` d when the images should count as `real`, or not; a scalar.

    bce: -log s(d) if real, else -log(1 - s(d)), s the sigmoid (report 000, eq. 1 and 5).
    lsgan: (d - 1)^2 if real, else d^2 (report 001, eq. 2 and 3; report 003, eq. 1).
    A generator minimises it with real=True on its own images: the non-saturating form of log(1 - D).
    """
    cost = {"bce": F.binary_cross_entropy_with_logits, "lsgan": F.mse_loss}[mode]
    return cost(logits, torch.full_like(logits, float(real)))


def pixel_loss(fake: Tensor, real: Tensor, l1: float, l2: float) -> Tensor:
    """Reconstruction term: l1 * mean|y - G(x)| + l2 * mean (y - G(x))^2 (report 000, eq. 2 and section 5.1).

    fake, real: (N, C, H, W) in [-1, 1]. The cycle and identity terms are the same function of other images
    (report 000, eq. 4; report 003, eq. 2 and 3). A scalar.
    """
    difference = real - fake
    return l1 * difference.abs().mean() + l2 * difference.square().mean()
