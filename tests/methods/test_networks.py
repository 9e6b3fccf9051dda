import pytest
from torch import nn

from pixcycle.methods.networks import generator_of
from tests.conftest import tiny_experiment


@pytest.mark.parametrize(("first", "blocks"), [(1, 3), (2, 1)])
def test_generator_of_has_dropout_from_the_first_dropout_block(first, blocks):
    network = generator_of(tiny_experiment(crop_size=64, first_dropout_block=first))
    assert sum(isinstance(module, nn.Dropout) for module in network.modules()) == blocks
