import pytest
import torch
from lightning_fabric import Fabric

from pixcycle.machine.fabric import OneCpu
from pixcycle.methods.registry import METHODS
from tests.conftest import tiny_experiment


def trained(fabric, method, precision):
    """Return the losses of three steps, and the state of networks and optimisers after them."""
    e = tiny_experiment(method, precision=precision, pool_size=2)
    torch.manual_seed(0)
    run = METHODS[method](e, fabric, seed=0)
    batches = torch.rand(3, 2, 4, 3, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1
    losses = [run.step(a, b) for a, b in batches]
    return [loss.item() for step in losses for loss in step.values()], run.nets.state_dict()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_one_cpu_training_is_bit_identical_to_lightning_fabric(method, precision):
    lightning = Fabric(accelerator="cpu", devices=1, precision=precision)
    losses, state = trained(lightning, method, precision)
    our_losses, our_state = trained(OneCpu(mixed=precision == "bf16-mixed"), method, precision)
    assert our_losses == losses
    torch.testing.assert_close(our_state, state, rtol=0, atol=0)


def test_one_cpu_autocast_equals_lightning_fabric():
    x, layer = torch.ones(1, 3, 4, 4), torch.nn.Conv2d(3, 3, 1)
    for mixed, precision in ((False, "32-true"), (True, "bf16-mixed")):
        with Fabric(accelerator="cpu", devices=1, precision=precision).autocast():
            expected = layer(x)
        with OneCpu(mixed).autocast():
            torch.testing.assert_close(layer(x), expected, rtol=0, atol=0)
