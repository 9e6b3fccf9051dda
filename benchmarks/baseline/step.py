"""Training steps of both methods as in the authors' PyTorch code, in float32 with PyTorch's default settings.

Memory is NCHW and Adam has its default settings. D runs separately on real images, on generated ones, and once more
for G.
"""

import itertools
import random

import torch
from torch import Tensor, nn

from baseline.networks import discriminator, generator
from pixcycle.params.experiment import Experiment


def adam(networks: list[nn.Module], lr: float, e: Experiment) -> torch.optim.Optimizer:
    parameters = itertools.chain(*(network.parameters() for network in networks))
    return torch.optim.Adam(parameters, lr=lr, betas=(e.beta1, 0.999))


def requires_grad(networks: list[nn.Module], on: bool) -> None:
    for network in networks:
        for parameter in network.parameters():
            parameter.requires_grad = on


class GanLoss:
    def __init__(self, mode: str, device: torch.device | str):
        self.cost = nn.BCEWithLogitsLoss() if mode == "bce" else nn.MSELoss()
        self.targets = {real: torch.tensor(float(real), device=device) for real in (True, False)}

    def __call__(self, prediction: Tensor, real: bool) -> Tensor:
        return self.cost(prediction, self.targets[real].expand_as(prediction))


class Pix2pix:
    """pix2pix (arXiv 1611.07004, section 3)."""

    def __init__(self, e: Experiment, device: torch.device | str = "cpu"):
        self.e = e
        self.networks = {"g": generator(e).to(device), "d": discriminator(e, 6 if e.conditional else 3).to(device)}
        self.gan, self.l1 = GanLoss(e.gan_mode, device), nn.L1Loss()
        self.adam_g, self.adam_d = (adam([self.networks[name]], e.lr, e) for name in "gd")

    def step(self, a: Tensor, b: Tensor) -> dict[str, Tensor]:
        g, d = self.networks["g"], self.networks["d"]
        fake = g(a)
        shown_fake, shown_real = (torch.cat((a, y), 1) if self.e.conditional else y for y in (fake, b))

        requires_grad([d], True)
        self.adam_d.zero_grad()
        on_fake = self.gan(d(shown_fake.detach()), False)
        on_real = self.gan(d(shown_real), True)
        loss_d = (on_fake + on_real) * 0.5
        loss_d.backward()
        self.adam_d.step()

        requires_grad([d], False)
        self.adam_g.zero_grad()
        loss_g = self.gan(d(shown_fake), True) + self.l1(fake, b) * self.e.lambda_reconstruction
        loss_g.backward()
        self.adam_g.step()
        return {"g": loss_g, "d": loss_d}


class Pool:
    """Image pool (arXiv 1703.10593, section 4): half of the time D sees one of the last 50 generated images instead."""

    def __init__(self, size: int):
        self.size, self.images = size, []

    def query(self, images: Tensor) -> Tensor:
        if self.size == 0:
            return images
        returned = []
        for image in images:
            image = image.unsqueeze(0)
            if len(self.images) < self.size:
                self.images.append(image)
                returned.append(image)
            elif random.random() > 0.5:
                place = random.randrange(self.size)
                returned.append(self.images[place].clone())
                self.images[place] = image
            else:
                returned.append(image)
        return torch.cat(returned)


class CycleGAN:
    """CycleGAN (arXiv 1703.10593, section 3), or with one discriminator (report 001)."""

    def __init__(self, e: Experiment, device: torch.device | str = "cpu"):
        self.e = e
        self.judges = ["d_a", "d_b"] if e.discriminators == 2 else [{"a_to_b": "d_b", "b_to_a": "d_a"}[e.direction]]
        self.networks = {name: generator(e).to(device) for name in ("g_ab", "g_ba")}
        self.networks |= {name: discriminator(e, 3).to(device) for name in self.judges}
        self.gan, self.l1 = GanLoss(e.gan_mode, device), nn.L1Loss()
        self.pools = {name: Pool(e.pool_size) for name in self.judges}
        self.adam_g = adam([self.networks["g_ab"], self.networks["g_ba"]], e.lr, e)
        self.adam_d = adam([self.networks[name] for name in self.judges], e.lr_discriminator or e.lr, e)

    def step(self, a: Tensor, b: Tensor) -> dict[str, Tensor]:
        e, g_ab, g_ba = self.e, self.networks["g_ab"], self.networks["g_ba"]
        judges = [self.networks[name] for name in self.judges]
        fake_b = g_ab(a)
        back_a = g_ba(fake_b)
        fake_a = g_ba(b)
        back_b = g_ab(fake_a)
        shown = {"d_a": (a, fake_a), "d_b": (b, fake_b)}

        requires_grad(judges, False)
        self.adam_g.zero_grad()
        loss_g = (self.l1(back_a, a) + self.l1(back_b, b)) * e.lambda_reconstruction
        if e.lambda_identity:
            identity = self.l1(g_ab(b), b) + self.l1(g_ba(a), a)
            loss_g = loss_g + identity * e.lambda_reconstruction * e.lambda_identity
        for name in self.judges:
            loss_g = loss_g + self.gan(self.networks[name](shown[name][1]), True)
        loss_g.backward()
        self.adam_g.step()

        requires_grad(judges, True)
        self.adam_d.zero_grad()
        losses = {"g": loss_g}
        for name in self.judges:
            real, fake = shown[name]
            judge = self.networks[name]
            on_real = self.gan(judge(real), True)
            on_fake = self.gan(judge(self.pools[name].query(fake.detach())), False)
            losses[name] = (on_real + on_fake) * 0.5
            losses[name].backward()
        self.adam_d.step()
        return losses


METHODS = {"pix2pix": Pix2pix, "cyclegan": CycleGAN}
