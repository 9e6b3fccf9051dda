"""Networks whose layers are replaced."""

import torch
from torch import nn

from pixcycle.models.replace import replace_layers


class Doubled(nn.Conv2d):
    def forward(self, x):
        return 2 * super().forward(x)


class Special(nn.Conv2d):
    pass


def test_replace_layers_shares_parameters_and_keeps_names_and_order():
    inner = nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3).eval())
    network = nn.Sequential(inner, Special(3, 3, 1), nn.Conv2d(3, 2, 1, bias=False))
    before, parameters, special = list(network.state_dict()), list(network.parameters()), network[1]
    replace_layers(
        network,
        {
            nn.Conv2d: lambda old: Doubled(old.in_channels, old.out_channels, 1, bias=old.bias is not None),
            nn.BatchNorm2d: lambda old: nn.BatchNorm2d(old.num_features, track_running_stats=False),
        },
    )
    assert [type(layer) for layer in network[0]] == [Doubled, nn.BatchNorm2d]
    assert type(network[2]) is Doubled and network[1] is special
    assert not network[0][1].training and network[0][1].running_mean is None
    assert list(network.state_dict()) == [key for key in before if "running" not in key and "num_batches" not in key]
    assert all(new is old for new, old in zip(network.parameters(), parameters, strict=True))
    x = torch.rand(1, 3, 2, 2)
    plain = torch.nn.functional.conv2d(x, network[2].weight)
    torch.testing.assert_close(network[2](x), 2 * plain)
