"""How networks start."""

import torch
from torch import nn


def init_weights(network: nn.Module, generator: torch.Generator | None = None) -> None:
    """Convolutions and linear layers from N(0, 0.02), batch norm scales from N(1, 0.02), every bias 0.

    In place, as in the authors' code and the pix2pix paper; the reports are silent. Equal generator states
    give equal weights; without a generator, torch's global one is used.
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
