"""Initial weights of networks."""

import torch
from torch import nn

from pixcycle.models.norm import has_gains
from pixcycle.params.fields import InitialWeights

WIDE = 0.02**0.5
"""Standard deviation of the initial weights in report 003's code, which takes the paper's 0.02 for a variance."""


def init_weights(
    network: nn.Module, generator: torch.Generator | None = None, initial_weights: InitialWeights = "normal"
) -> None:
    """Initialise a network in place.

    Equal states of `generator` give equal weights; without a generator, PyTorch's global one is used. The texts of the
    reports do not specify the initialisation.

    Parameters
    ----------
    initial_weights
        normal: N(0, 0.02) for convolutions and linear layers, N(1, 0.02) for the gains of batch norm, as in the
        authors' code and the pix2pix paper. unit_gains: the same, but gains of 1 (report 000's code). glorot: uniform
        in [-a, a] with a = sqrt(6 / (fan_in + fan_out)), and gains of 1 (Glorot and Bengio 2010, eq. 16; report 001's
        code). wide: N(0, sqrt(0.02)), also for gains and offsets of norms (report 003's code). All other biases are 0.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            if initial_weights == "glorot":
                nn.init.xavier_uniform_(layer.weight, generator=generator)
            else:
                nn.init.normal_(layer.weight, 0.0, WIDE if initial_weights == "wide" else 0.02, generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif has_gains(layer):
            _init_norm(layer, generator, initial_weights)


def _init_norm(norm: nn.Module, generator: torch.Generator | None, initial_weights: InitialWeights) -> None:
    nn.init.ones_(norm.weight)
    nn.init.zeros_(norm.bias)
    if initial_weights == "normal" and isinstance(norm, nn.BatchNorm2d):
        nn.init.normal_(norm.weight, 1.0, 0.02, generator=generator)
    elif initial_weights == "wide":
        nn.init.normal_(norm.weight, 0.0, WIDE, generator=generator)
        nn.init.normal_(norm.bias, 0.0, WIDE, generator=generator)
