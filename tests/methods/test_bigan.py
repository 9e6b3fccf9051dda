"""BiGAN's step against its equation, written out a second time in plain PyTorch."""

import torch

from pixcycle.methods.bigan import BiGAN
from tests.conftest import tiny_experiment
from tests.support.steps import adam, batch, method, stepped

SETTINGS = {"gan_mode": "lsgan", "norm": "instance", "generator": "resnet6"}


def test_bigan_follows_equation_2_with_lsgan_in_the_order_d_g_e():
    ours, reference = (method("bigan", lr_discriminator=1e-2, **SETTINGS) for _ in range(2))
    g, e, d = (reference.nets[n].module for n in ("g_ab", "g_ba", "d"))
    adam_g, adam_e, adam_d = adam(g), adam(e), adam(d, lr=1e-2)
    for step in range(3):
        a, b = batch(step)
        losses = ours.step(a, b)

        fake_b, fake_a = g(a), e(b)
        real_pair = d(torch.cat([a, fake_b.detach()], 1))
        fake_pair = d(torch.cat([fake_a.detach(), b], 1))
        loss_d = (((real_pair - 1) ** 2).mean() + (fake_pair**2).mean()) / 2
        stepped(adam_d, loss_d)
        loss_g = (d(torch.cat([a, fake_b], 1)) ** 2).mean()
        stepped(adam_g, loss_g)
        loss_e = ((d(torch.cat([fake_a, b], 1)) - 1) ** 2).mean()
        stepped(adam_e, loss_e)

        expected = {"g": loss_g + loss_e, "g_ab_gan": loss_g, "g_ba_gan": loss_e, "d": loss_d}
        assert losses.keys() == expected.keys()
        for name, value in expected.items():
            torch.testing.assert_close(losses[name], value, rtol=1e-4, atol=1e-5, msg=name)


def test_bigan_pools_store_whole_pairs_of_each_kind():
    run = method("bigan", pool_size=3, **SETTINGS)
    a, b = batch(0, images=3)
    fake_b, fake_a = run.nets["g_ab"](a), run.nets["g_ba"](b)
    run.step(a, b)
    assert torch.equal(torch.stack(run.pools["pairs_ab"].images), torch.cat([a, fake_b], 1))
    assert torch.equal(torch.stack(run.pools["pairs_ba"].images), torch.cat([fake_a, b], 1))


def test_bigan_mistakes_name_unsupported_settings():
    assert [field for field, _ in BiGAN.mistakes(tiny_experiment("bigan", conditional=True))] == ["conditional"]
    assert list(BiGAN.mistakes(tiny_experiment("bigan"))) == []
