"""CoGAN's step against its equation, written out a second time in plain PyTorch."""

import pytest
import torch

from pixcycle.methods.cogan import CoGAN
from tests.conftest import tiny_experiment
from tests.support.steps import adam, batch, bce, method, stepped


def test_cogan_follows_equation_3_with_cross_entropy_and_weight_decay():
    settings = {"filters": 8, "lr": 1e-3, "weight_decay": 0.1}
    ours, reference = method("cogan", **settings), method("cogan", **settings)
    g, d = reference.nets["g"].module, reference.nets["d"].module
    adam_g, adam_d = (adam(net, lr=1e-3, weight_decay=0.1) for net in (g, d))
    for step in range(3):
        a, b = batch(step)
        torch.manual_seed(step)
        losses = ours.step(a, b)

        torch.manual_seed(step)
        features = g.shared(2 * torch.rand(4, 100, 1, 1) - 1)
        fakes = {"a": g.last_a(features), "b": g.last_b(features)}
        first = {"a": d.first_a, "b": d.first_b}

        def judged(images):
            # Dropout draws its noise for A, then for B.
            return {domain: d.shared(first[domain](images[domain])) for domain in "ab"}  # noqa: B023

        real, fake = judged({"a": a, "b": b}), judged({domain: image.detach() for domain, image in fakes.items()})
        expected = {f"d_{domain}": (bce(real[domain], True) + bce(fake[domain], False)) / 2 for domain in "ab"}
        stepped(adam_d, expected["d_a"] + expected["d_b"])
        logits = judged(fakes)
        expected |= {f"g_{domain}_gan": bce(logits[domain], True) for domain in "ab"}
        expected["g"] = expected["g_a_gan"] + expected["g_b_gan"]
        stepped(adam_g, expected["g"])

        assert losses.keys() == expected.keys()
        for name, value in expected.items():
            torch.testing.assert_close(losses[name], value, rtol=1e-4, atol=1e-5, msg=name)


@pytest.mark.parametrize("side", [4, 24, 100])
def test_cogan_mistakes_refuse_sizes_other_than_powers_of_two(side):
    [(field, message)] = CoGAN.mistakes(tiny_experiment("cogan", crop_size=side))
    assert (field, f"got {side}" in message) == ("crop_size", True)


def test_cogan_mistakes_name_unsupported_settings():
    e = tiny_experiment("cogan", conditional=True, inference_norm="batch")
    assert [field for field, _ in CoGAN.mistakes(e)] == ["conditional", "inference_norm"]
