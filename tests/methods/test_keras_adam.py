"""Compare Adam of Keras and TensorFlow 1 with their update, computed in float64 by NumPy."""

import math

import numpy as np
import pytest
import torch

from pixcycle.methods.cyclegan import CycleGAN
from pixcycle.methods.keras_adam import KerasAdam
from pixcycle.methods.pix2pix import Pix2pix
from tests.conftest import tiny_experiment

LR, BETAS, STEPS = 0.01, (0.5, 0.999), 12


def gradients(step):
    """Return a gradient of each of two networks, some as small as epsilon."""
    draw = np.random.default_rng(step)
    return [draw.normal(size=shape) * 10.0 ** draw.integers(-9, 1, shape) for shape in ((7, 5), (30,))]


def updated(epsilon, number, counted, gradients):
    """Return a weight that started at 0; step s of network j of n is corrected as step n (s - 1) + j."""
    weight = m = v = np.zeros_like(gradients[0])
    beta1, beta2 = BETAS
    for s, g in enumerate(gradients, start=1):
        t = counted * (s - 1) + number
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        weight = weight - LR * math.sqrt(1 - beta2**t) / (1 - beta1**t) * m / (np.sqrt(v) + epsilon)
    return weight


def stepped(adam, weights, steps):
    for step in steps:
        for weight, g in zip(weights, gradients(step), strict=True):
            weight.grad = torch.from_numpy(g).float()
        adam.step()


def started(epsilon, numbers, counted):
    weights = [torch.nn.Parameter(torch.zeros(g.shape)) for g in gradients(0)]
    return KerasAdam([[weight] for weight in weights], LR, BETAS, epsilon, numbers, counted), weights


@pytest.mark.parametrize("epsilon", [1e-7, 1e-8])
@pytest.mark.parametrize(("numbers", "counted"), [((1, 1), 1), ((1, 2), 2), ((3, 4), 4)])
def test_keras_adam_equals_its_formula_in_numpy(epsilon, numbers, counted):
    adam, weights = started(epsilon, numbers, counted)
    stepped(adam, weights, range(STEPS))
    for i, (weight, number) in enumerate(zip(weights, numbers, strict=True)):
        expected = updated(epsilon, number, counted, [gradients(step)[i] for step in range(STEPS)])
        np.testing.assert_allclose(weight.detach(), expected, rtol=1e-4, atol=1e-9)


def test_keras_adam_differs_from_torch_by_where_epsilon_is_added():
    """The first step is lr g / (g + epsilon / sqrt(1 - beta2)) in Keras, and lr g / (g + epsilon) in PyTorch."""
    weight = torch.nn.Parameter(torch.zeros(1))
    for adam, effective in (
        (KerasAdam([[weight]], LR, BETAS, 1e-7, [1]), 1e-7 / math.sqrt(0.001)),
        (torch.optim.Adam([weight], LR, BETAS, eps=1e-7), 1e-7),
    ):
        torch.nn.init.zeros_(weight)
        weight.grad = torch.full((1,), 1e-6)
        adam.step()
        assert weight.item() == pytest.approx(-LR * 1e-6 / (1e-6 + effective), rel=1e-5)


def test_keras_adam_resumed_equals_undisturbed_bit_by_bit():
    adam, weights = started(1e-7, (3, 4), 4)
    stepped(adam, weights, range(STEPS))
    half, other_weights = started(1e-7, (3, 4), 4)
    stepped(half, other_weights, range(5))
    resumed, resumed_weights = started(1e-7, (3, 4), 4)
    resumed.load_state_dict(half.state_dict())
    for new, old in zip(resumed_weights, other_weights, strict=True):
        new.data.copy_(old.data)
    stepped(resumed, resumed_weights, range(5, STEPS))
    torch.testing.assert_close(resumed_weights, weights, rtol=0, atol=0)
    torch.testing.assert_close(resumed.state_dict(), adam.state_dict(), rtol=0, atol=0)


COUNTED = [
    (Pix2pix, "keras_shared", [("g", 1e-7, 1, 2), ("d", 1e-7, 2, 2)]),
    (
        CycleGAN,
        "keras_shared",
        [("g_ab", 1e-7, 1, 4), ("g_ba", 1e-7, 2, 4), ("d_a", 1e-7, 3, 4), ("d_b", 1e-7, 4, 4)],
    ),
    (CycleGAN, "keras", [(name, 1e-7, 1, 1) for name in ("g_ab", "g_ba", "d_a", "d_b")]),
    (Pix2pix, "tensorflow1", [("g", 1e-8, 1, 1), ("d", 1e-8, 1, 1)]),
]


@pytest.mark.parametrize(("kind", "adam", "counted"), COUNTED)
def test_adam_setting_counts_the_steps_of_networks_in_order(kind, adam, counted):
    """Weights after two steps of unit gradient, from which the step that each was corrected as can be computed."""
    from pixcycle.machine.fabric import OneCpu

    e = tiny_experiment("pix2pix" if kind is Pix2pix else "cyclegan", adam=adam, lr=LR)
    nets = kind(e, OneCpu(mixed=False), 0).nets
    names = [name for name, *_ in counted]
    before = {name: next(nets[name].parameters()).detach().clone() for name in names}
    for _ in range(2):
        for name in names:
            for p in nets[name].parameters():
                p.grad = torch.ones_like(p)
        for optimiser in nets.optimisers.values():
            optimiser.step()
    for name, epsilon, number, networks in counted:
        expected = updated(epsilon, number, networks, [np.ones(1), np.ones(1)]).item()
        moved = next(nets[name].parameters()).detach() - before[name]
        torch.testing.assert_close(moved, torch.full_like(moved, expected), rtol=1e-4, atol=1e-6)
