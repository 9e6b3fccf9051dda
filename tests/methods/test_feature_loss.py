"""The feature loss's step against its equation, with the feature maps of torchvision's VGG-16 with random weights."""

import pytest
import torch
from torchvision.models import vgg16

from pixcycle.base.errors import UserError
from pixcycle.methods.feature_loss import FeatureLoss
from tests.conftest import tiny_experiment
from tests.support.steps import batch, method

SETTINGS = {"gan_mode": "lsgan", "norm": "instance", "lambda_reconstruction": 10, "generator": "resnet6"}


def trained_on(network, weights=None):
    run = method("feature_loss", feature_network=network, **SETTINGS)
    run.load_fetched([weights] if weights else [])
    return run


def test_feature_loss_is_l1_between_vgg16_features_at_relu4_2(tmp_path):
    torch.manual_seed(3)
    whole = vgg16(weights=None).eval()
    torch.save(whole.state_dict(), tmp_path / "vgg16.pth")
    run = trained_on("vgg16", tmp_path / "vgg16.pth")
    a, b = batch(0, images=1)

    def phi(image):
        resized = torch.nn.functional.interpolate((image + 1) / 2, (224, 224), mode="bilinear")
        mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
        x = (resized - mean.view(3, 1, 1)) / std.view(3, 1, 1)
        convolutions = 0
        for layer in whole.features:  # conv4_2 is the ninth convolution
            x = layer(x)
            convolutions += isinstance(layer, torch.nn.Conv2d)
            if convolutions == 9 and isinstance(layer, torch.nn.ReLU):
                return x

    with torch.no_grad():
        fake_b, fake_a = run.nets["g_ab"](a), run.nets["g_ba"](b)
        content_a, content_b = (phi(fake_b) - phi(a)).abs().mean(), (phi(fake_a) - phi(b)).abs().mean()
    losses = run.step(a, b)
    torch.testing.assert_close(losses["content_a"].detach(), content_a, rtol=1e-4, atol=0)
    torch.testing.assert_close(losses["content_b"].detach(), content_b, rtol=1e-4, atol=0)
    total = losses["g_ab_gan"] + losses["g_ba_gan"] + 10 * (content_a + content_b)
    torch.testing.assert_close(losses["g"], total, rtol=1e-4, atol=0)


def test_feature_loss_trains_generators_and_leaves_features_as_they_are():
    run = trained_on("efficientnet-lite0")
    fixed = {name: value.clone() for name, value in run.features.state_dict().items()}
    before = [p.clone() for p in run.nets["g_ab"].parameters()]
    run.step(*batch(0))
    assert all(torch.equal(run.features.state_dict()[name], value) for name, value in fixed.items())
    assert any(not torch.equal(p, q) for p, q in zip(run.nets["g_ab"].parameters(), before, strict=True))
    assert not any(name.startswith("features") for name in run.nets.weights())


def test_feature_loss_refuses_vgg16_without_its_weights(tmp_path):
    with pytest.raises(UserError, match="vgg16 needs its downloaded weights"):
        trained_on("vgg16")
    torch.save({"other": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(UserError, match=r"other\.pth: not the weights of vgg16"):
        trained_on("vgg16", tmp_path / "other.pth")


def test_feature_loss_mistakes_ask_for_a_feature_network():
    [(field, message)] = FeatureLoss.mistakes(tiny_experiment("feature_loss"))
    assert field == "feature_network"
    assert "vgg16 or efficientnet-lite0" in message
