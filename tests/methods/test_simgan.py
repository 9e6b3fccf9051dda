"""SimGAN's step against its equations, written out a second time in plain PyTorch."""

import pytest
import torch

from pixcycle.methods.simgan import SimGAN
from tests.conftest import tiny_experiment
from tests.support.steps import adam, batch, method, stepped

SETTINGS = {"gan_mode": "lsgan", "norm": "instance", "lambda_reconstruction": 10, "generator": "resnet6"}


@pytest.mark.parametrize("order", ["generator_first", "discriminator_first"])
def test_simgan_follows_equations_3_and_4_with_lsgan(order):
    ours, reference = (method("simgan", order=order, **SETTINGS) for _ in range(2))
    g_ab, g_ba, d_a, d_b = (reference.nets[n].module for n in ("g_ab", "g_ba", "d_a", "d_b"))
    optimisers = {"g_ab": adam(g_ab), "g_ba": adam(g_ba), "d_a": adam(d_a), "d_b": adam(d_b)}
    for step in range(3):
        a, b = batch(step)
        losses = ours.step(a, b)

        # Each direction is trained for itself, by optimisers of its own.
        expected = {"g": 0}
        for name, g, d, judge, x, y in (("ab", g_ab, d_b, "d_b", a, b), ("ba", g_ba, d_a, "d_a", b, a)):
            fake = g(x)
            for network in ("g", "d") if order == "generator_first" else ("d", "g"):
                if network == "g":
                    gan, content = ((d(fake) - 1) ** 2).mean(), (fake - x).abs().mean()
                    stepped(optimisers[f"g_{name}"], gan + 10 * content)
                else:
                    expected[judge] = (((d(y) - 1) ** 2).mean() + (d(fake.detach()) ** 2).mean()) / 2
                    stepped(optimisers[judge], expected[judge])
            expected |= {f"g_{name}_gan": gan, f"content_{name[0]}": content}
            expected["g"] += gan + 10 * content

        assert losses.keys() == expected.keys()
        for name, value in expected.items():
            torch.testing.assert_close(losses[name], value, rtol=1e-4, atol=1e-5, msg=name)


def test_simgan_judges_g_by_the_new_image_and_d_by_the_pool():
    run, seen = method("simgan", pool_size=1, **SETTINGS), []
    run.nets["d_b"].module.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))
    for step in range(6):
        seen.clear()
        a, b = batch(step, images=1)
        fake = run.nets["g_ab"](a).detach()
        stored = run.pools["d_b"].images[:]
        run.step(a, b)
        by_g, by_d = seen
        assert torch.equal(by_g, fake)
        assert any(torch.equal(by_d[1], image) for image in [fake[0], *stored])


@pytest.mark.parametrize(("field", "value"), [("conditional", True), ("discriminators", 1)])
def test_simgan_mistakes_name_unsupported_settings(field, value):
    assert [name for name, _ in SimGAN.mistakes(tiny_experiment("simgan"))] == []
    assert [name for name, _ in SimGAN.mistakes(tiny_experiment("simgan", **{field: value}))] == [field]
