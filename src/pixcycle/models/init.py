"""Initial weights of networks."""

import torch
from torch import nn


def init_weights(network: nn.Module, generator: torch.Generator | None = None) -> None:
    """Initialise a network in place, as the authors' code and the pix2pix paper do.

    Weights of convolutions and linear layers are drawn from N(0, 0.02), scales of batch norm from N(1, 0.02); biases
    are 0. The reports do not specify the initialisation. Equal states of `generator` give equal weights; without a
    generator, PyTorch's global one is used.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            mean = 0.0
        elif isinstance(layer, nn.BatchNorm2d):
            mean = 1.0
        else:
            continue
        nn.init.normal_(layer.weight, mean, 0.02, generator=generator)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
