"""Compare the training steps with the equations, written out a second time in plain PyTorch."""

import pytest
import torch
from lightning_fabric import Fabric

from pixcycle.methods.cyclegan import CycleGAN
from pixcycle.methods.pix2pix import Pix2pix
from tests.conftest import tiny_experiment
from tests.support import steps
from tests.support.steps import adam, batch, bce, stepped


def method(kind, seed=0, **settings):
    return steps.method("pix2pix" if kind is Pix2pix else "cyclegan", seed, **settings)


def test_pix2pix_follows_equations_1_to_3():
    ours, reference = method(Pix2pix, l1=0.5, l2=0.5), method(Pix2pix)
    g, d = reference.nets["g"].module, reference.nets["d"].module
    adam_g, adam_d = adam(g), adam(d)
    for step in range(3):
        a, b = batch(step)
        losses = ours.step(a, b)

        y, x = a, b  # the direction is B to A, label to photo
        fake = g(x)
        loss_d = (bce(d(torch.cat([x, y], 1)), True) + bce(d(torch.cat([x, fake.detach()], 1)), False)) / 2
        stepped(adam_d, loss_d)
        gan = bce(d(torch.cat([x, fake], 1)), True)
        reconstruction = 0.5 * (y - fake).abs().mean() + 0.5 * ((y - fake) ** 2).mean()
        stepped(adam_g, gan + 100 * reconstruction)

        expected = {
            "d": loss_d,
            "g_gan": gan,
            "g_reconstruction": reconstruction,
            "g": gan + 100 * reconstruction,
        }
        for name, value in expected.items():
            torch.testing.assert_close(losses[name], value, rtol=1e-4, atol=1e-5)


def test_cyclegan_follows_equations_4_to_6_with_lsgan_and_identity():
    settings = {"gan_mode": "lsgan", "lambda_reconstruction": 10, "lambda_identity": 0.5, "norm": "instance"}
    ours, reference = method(CycleGAN, **settings), method(CycleGAN, **settings)
    g_ab, g_ba, d_a, d_b = (reference.nets[n].module for n in ("g_ab", "g_ba", "d_a", "d_b"))
    adam_g, adam_d = adam(g_ab, g_ba), adam(d_a, d_b)
    for step in range(3):
        a, b = batch(step)
        losses = ours.step(a, b)

        fake_a, fake_b = g_ba(b), g_ab(a)
        gan = ((d_b(fake_b) - 1) ** 2).mean() + ((d_a(fake_a) - 1) ** 2).mean()
        cycle = (g_ba(fake_b) - a).abs().mean() + (g_ab(fake_a) - b).abs().mean()
        identity = (g_ab(b) - b).abs().mean() + (g_ba(a) - a).abs().mean()
        total = gan + 10 * cycle + 5 * identity
        stepped(adam_g, total)
        loss_a = (((d_a(a) - 1) ** 2).mean() + (d_a(fake_a.detach()) ** 2).mean()) / 2
        loss_b = (((d_b(b) - 1) ** 2).mean() + (d_b(fake_b.detach()) ** 2).mean()) / 2
        stepped(adam_d, loss_a + loss_b)

        torch.testing.assert_close(losses["g"], total, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(losses["cycle_a"] + losses["cycle_b"], cycle, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(losses["d_a"], loss_a, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(losses["d_b"], loss_b, rtol=1e-4, atol=1e-5)


def test_cyclegan_discriminator_first_judges_g_by_the_new_d():
    settings = {
        "gan_mode": "lsgan",
        "lambda_reconstruction": 10,
        "lr_discriminator": 1e-2,
        "order": "discriminator_first",
    }
    ours, reference = (method(CycleGAN, discriminators=1, direction="a_to_b", **settings) for _ in range(2))
    g_ab, g_ba, d_b = (reference.nets[n].module for n in ("g_ab", "g_ba", "d_b"))
    adam_g, adam_d = adam(g_ab, g_ba), adam(d_b, lr=1e-2)
    for step in range(3):
        a, b = batch(step)
        losses = ours.step(a, b)

        with torch.no_grad():
            fake = g_ab(a)
        loss_d = (((d_b(b) - 1) ** 2).mean() + (d_b(fake) ** 2).mean()) / 2
        stepped(adam_d, loss_d)
        fake_b, fake_a = g_ab(a), g_ba(b)
        gan = ((d_b(fake_b) - 1) ** 2).mean()
        cycle = (g_ba(fake_b) - a).abs().mean() + (g_ab(fake_a) - b).abs().mean()
        stepped(adam_g, gan + 10 * cycle)

        expected = {"d_b": loss_d, "g_ab_gan": gan, "g": gan + 10 * cycle}
        for name, value in expected.items():
            torch.testing.assert_close(losses[name], value, rtol=1e-4, atol=1e-5)


def test_pix2pix_generator_first_judges_g_by_the_old_d():
    settings = {"lr_discriminator": 1e-2, "order": "generator_first"}
    ours, reference = method(Pix2pix, **settings), method(Pix2pix, **settings)
    g, d = reference.nets["g"].module, reference.nets["d"].module
    adam_g, adam_d = adam(g), adam(d, lr=1e-2)
    for step in range(3):
        y, x = batch(step)
        losses = ours.step(y, x)

        fake = g(x)
        gan = bce(d(torch.cat([x, fake], 1)), True)
        stepped(adam_g, gan + 100 * (y - fake).abs().mean())
        loss_d = (bce(d(torch.cat([x, y], 1)), True) + bce(d(torch.cat([x, fake.detach()], 1)), False)) / 2
        stepped(adam_d, loss_d)

        for name, value in {"d": loss_d, "g_gan": gan}.items():
            torch.testing.assert_close(losses[name], value, rtol=1e-4, atol=1e-5)


class SharedAdam:
    """Adam of Keras with one step counter for several networks, from its formula in float64."""

    def __init__(self, *networks):
        self.networks = [list(network.parameters()) for network in networks]
        self.moments = {
            p: (torch.zeros_like(p).double(), torch.zeros_like(p).double()) for n in self.networks for p in n
        }
        self.t = 0

    def step(self, gradients):
        """Step the networks in order, down the gradients of each, which were all taken before the first step."""
        for network, of_network in zip(self.networks, gradients, strict=True):
            self.t += 1
            for p, gradient in zip(network, of_network, strict=True):
                m, v = self.moments[p]
                m, v = 0.5 * m + 0.5 * gradient, 0.999 * v + 0.001 * gradient.double() ** 2
                self.moments[p] = m, v
                rate = 2e-4 * (1 - 0.999**self.t) ** 0.5 / (1 - 0.5**self.t)
                p.data -= (rate * m / (v.sqrt() + 1e-7)).float()


AS_CODED = {
    "order": "generator_first",
    "adam": "keras_shared",
    "halve_discriminator": False,
    "layers": "ucsd",
    "initial_weights": "unit_gains",
}
"""Report 000's code: all gradients are taken from one forward pass, and then the networks step."""


def gradients_of(loss, network):
    return torch.autograd.grad(loss, list(network.parameters()), retain_graph=True)


def test_pix2pix_generator_first_takes_all_gradients_from_one_pass():
    ours, reference = method(Pix2pix, **AS_CODED), method(Pix2pix, **AS_CODED)
    g, d = reference.nets["g"].module, reference.nets["d"].module
    adam = SharedAdam(g, d)
    for step in range(3):
        y, x = batch(step)
        losses = ours.step(y, x)

        fake = g(x)
        on_fake = d(torch.cat([x, fake], 1))
        gan = bce(on_fake, True)
        loss_d = bce(d(torch.cat([x, y], 1)), True) + bce(on_fake, False)
        adam.step([gradients_of(gan + 100 * (y - fake).abs().mean(), g), gradients_of(loss_d, d)])

        for name, value in {"d": loss_d, "g_gan": gan}.items():
            torch.testing.assert_close(losses[name], value, rtol=1e-4, atol=1e-5)
    for ours_p, p in zip(ours.nets["d"].parameters(), d.parameters(), strict=True):
        torch.testing.assert_close(ours_p, p, rtol=1e-3, atol=2e-5)


def test_cyclegan_generator_first_takes_all_gradients_from_one_pass():
    settings = {"lambda_reconstruction": 10, "lambda_identity": 0.5, "norm": "instance", **AS_CODED}
    ours, reference = method(CycleGAN, **settings), method(CycleGAN, **settings)
    g_ab, g_ba, d_a, d_b = (reference.nets[n].module for n in ("g_ab", "g_ba", "d_a", "d_b"))
    adam = SharedAdam(g_ab, g_ba, d_a, d_b)
    for step in range(3):
        a, b = batch(step)
        losses = ours.step(a, b)

        fake_a, fake_b = g_ba(b), g_ab(a)
        cycle = (g_ba(fake_b) - a).abs().mean() + (g_ab(fake_a) - b).abs().mean()
        loss_a = bce(d_a(a), True) + bce(d_a(fake_a), False)
        loss_b = bce(d_b(b), True) + bce(d_b(fake_b), False)
        total_ab = bce(d_b(fake_b), True) + 10 * cycle + 5 * (g_ab(b) - b).abs().mean()
        total_ba = bce(d_a(fake_a), True) + 10 * cycle + 5 * (g_ba(a) - a).abs().mean()
        totals = ((total_ab, g_ab), (total_ba, g_ba), (loss_a, d_a), (loss_b, d_b))
        adam.step([gradients_of(loss, network) for loss, network in totals])

        for name, value in {"d_a": loss_a, "d_b": loss_b}.items():
            torch.testing.assert_close(losses[name], value, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(losses["cycle_a"] + losses["cycle_b"], cycle, rtol=1e-4, atol=1e-5)


def test_pix2pix_unconditional_discriminator_sees_outputs_only():
    assert next(method(Pix2pix, conditional=False).nets["d"].parameters()).shape[1] == 3
    assert next(method(Pix2pix, conditional=True).nets["d"].parameters()).shape[1] == 6


@pytest.mark.parametrize(("direction", "judge"), [("a_to_b", "d_b"), ("b_to_a", "d_a")])
def test_cyclegan_with_one_discriminator_judges_one_direction_only(direction, judge):
    one = method(CycleGAN, discriminators=1, direction=direction)
    losses = one.step(*batch(0))
    assert [name for name in ("d_a", "d_b") if name in one.nets] == [judge]
    assert [name for name in losses if name.startswith("d_")] == [judge]
    assert [name for name in losses if name.endswith("_gan")] == ["g_ab_gan" if judge == "d_b" else "g_ba_gan"]


def test_step_uses_separate_learning_rates_for_g_and_d():
    run = method(Pix2pix, lr=1e-3, lr_discriminator=1e-6)
    before = {n: [p.clone() for p in run.nets[n].parameters()] for n in "gd"}
    run.step(*batch(0))
    moved = {
        name: max((p - q).abs().max().item() for p, q in zip(run.nets[name].parameters(), before[name], strict=True))
        for name in "gd"
    }
    assert moved["g"] == pytest.approx(1e-3, rel=0.01)  # Adam's first step is the learning rate
    assert moved["d"] == pytest.approx(1e-6, rel=0.1)


def test_pix2pix_bf16_losses_are_close_to_those_of_full_precision():
    e = tiny_experiment(dropout=False, precision="bf16-mixed")
    low = Pix2pix(e, Fabric(accelerator="cpu", devices=1, precision=e.precision), 0).step(*batch(0))
    full = method(Pix2pix).step(*batch(0))
    for name, value in full.items():
        assert low[name].dtype == torch.float32
        torch.testing.assert_close(low[name], value, rtol=0.02, atol=0.02)


def test_cyclegan_pools_draw_different_random_numbers():
    first, second = method(CycleGAN, pool_size=4).pools.values()
    numbers = [torch.full((1,), float(n)) for n in range(100)]
    exchanged = [[float(pool.query(number[None])) for number in numbers] for pool in (first, second)]
    assert exchanged[0] != exchanged[1]
    assert exchanged[0][:4] == exchanged[1][:4] == [0, 1, 2, 3]
    alone = method(CycleGAN, pool_size=4, discriminators=1).pools
    assert [float(pool.query(number[None])) for pool in alone.values() for number in numbers] == exchanged[0]
