"""Layers that treat the batch shares of several processes as one batch."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from pixcycle.machine import ranks
from pixcycle.models.norm import AnySizeBatchNorm2d
from pixcycle.models.replace import replace_layers


class JointBatchNorm(nn.BatchNorm2d):
    """Batch norm over the batches of all ranks. `torch.nn.SyncBatchNorm` does this on GPUs only."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        share = x.float()
        mean = ranks.mean(share.mean((0, 2, 3)))
        centred = share - mean[:, None, None]
        variance = ranks.mean(centred.square().mean((0, 2, 3)))
        with torch.no_grad():
            n = ranks.count() * x.numel() / len(mean)
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * n / (n - 1), self.momentum)
            self.num_batches_tracked += 1
        scale = self.weight * (variance + self.eps).rsqrt()
        return (centred * scale[:, None, None] + self.bias[:, None, None]).to(x.dtype)


class JointDropout(nn.Dropout):
    """Dropout with the same noise for each image that a single process would draw."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        ones = torch.ones_like(torch.cat([x.detach()] * ranks.count()))
        return x * ranks.own_share(functional.dropout(ones, self.p))


def join(network: nn.Module) -> None:
    """Make a network's layers treat the batches of all ranks as one, leaving its parameters unchanged."""

    def joint(layer: nn.BatchNorm2d) -> JointBatchNorm:
        return JointBatchNorm(layer.num_features, layer.eps, layer.momentum)

    replace_layers(
        network,
        {
            nn.BatchNorm2d: joint,
            AnySizeBatchNorm2d: joint,
            nn.Dropout: lambda layer: JointDropout(layer.p),
        },
    )
