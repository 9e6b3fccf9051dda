import math

import pytest
import torch

from pixcycle.models.build import build_discriminator
from pixcycle.models.losses import discriminator_loss, gan_loss, pixel_loss


@pytest.mark.parametrize("real", [True, False])
def test_bce_of_an_undecided_discriminator_is_log_two(real):
    assert gan_loss(torch.zeros(2, 1, 3, 3), real, "bce").item() == pytest.approx(math.log(2))


def test_bce_is_minus_the_log_of_the_probability_of_the_truth():
    logits = torch.full((2, 1, 3, 3), math.log(3))  # probability 3/4 of being real
    assert gan_loss(logits, True, "bce").item() == pytest.approx(-math.log(3 / 4))
    assert gan_loss(logits, False, "bce").item() == pytest.approx(-math.log(1 / 4))


def test_bce_of_a_certain_mistake_is_finite():
    assert gan_loss(torch.tensor([200.0]), False, "bce").item() == pytest.approx(200)


def test_lsgan_is_the_mean_squared_distance_from_one_or_zero():
    logits = torch.tensor([3.0, -1.0])
    assert gan_loss(logits, True, "lsgan").item() == (4 + 4) / 2
    assert gan_loss(logits, False, "lsgan").item() == (9 + 1) / 2


@pytest.mark.parametrize(("halve", "loss"), [(True, (4 + 9) / 2), (False, 4 + 9)])
def test_discriminator_loss_is_the_mean_or_the_sum_of_its_halves(halve, loss):
    real, fake = torch.full((2, 1, 3, 3), -1.0), torch.full((2, 1, 3, 3), 3.0)
    assert discriminator_loss(torch.nn.Identity(), None, real, fake, "lsgan", halve).item() == loss


@pytest.mark.parametrize(("l1", "l2", "loss"), [(1, 0, 0.75), (0, 1, 0.625), (0.5, 0.5, 0.6875), (2, 4, 4.0)])
def test_pixel_loss_weighs_mean_absolute_and_mean_squared_error(l1, l2, loss):
    real = torch.tensor([0.5, -1.0]).expand(1, 3, 4, 2)
    assert pixel_loss(torch.zeros(1, 3, 4, 2), real, l1, l2).item() == pytest.approx(loss)


def test_pixel_loss_pulls_the_fake_towards_the_real_image():
    fake = torch.zeros(1, 1, 2, 2, requires_grad=True)
    pixel_loss(fake, torch.full((1, 1, 2, 2), 0.5), 1, 1).backward()
    torch.testing.assert_close(fake.grad, torch.full((1, 1, 2, 2), -(1 + 2 * 0.5) / 4))


@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_discriminator_loss_of_unequal_batches_is_the_mean_of_both_means(norm):
    torch.manual_seed(0)
    d, real, fake = build_discriminator(16, 3, 4, norm), torch.rand(3, 3, 32, 32), -torch.rand(8, 3, 32, 32)
    expected = (gan_loss(d(real), True, "lsgan") + gan_loss(d(fake), False, "lsgan")) / 2
    torch.testing.assert_close(discriminator_loss(d, None, real, fake, "lsgan"), expected)
