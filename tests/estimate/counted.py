"""What the closed forms are held to: torch's own count of the real step, on tensors that have shapes but no numbers."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.flop_counter import FlopCounterMode

from pixcycle.schema import Experiment
from pixcycle.training.loop import METHODS

WITHOUT_COST = {
    *("dataset", "direction", "label", "extra", "assumes", "published_weights"),
    *("gan_mode", "l1", "l2", "lambda_reconstruction", "pool_size"),
    *("preprocess", "load_size", "resize", "flip", "batch_size", "epoch_length", "n_epochs", "n_epochs_decay"),
    *("lr", "lr_discriminator", "beta1", "precision", "log_every", "sample_epochs", "gpus", "compile"),
    *("inference_dropout", "inference_norm", "inference_batch"),
}
"""Fields of an experiment that change nothing of a step's cost for one image; a field not named here may."""


@dataclass(frozen=True)
class Counted:
    """Of a step. flops: of convolutions and matrix products. parameters: of all networks of the run.

    kept: bytes that autograd holds for the way backward, at most at once.
    """

    flops: int
    parameters: int
    kept: int


class Nowhere:
    """Fabric's part in a step as on a card, without one: gradients flow, optimisers stand still."""

    device = torch.device("cuda")  # of which only the kind is asked

    def setup_module(self, module: nn.Module) -> nn.Module:
        return module

    def setup_optimizers(self, optimiser: Optimizer) -> Optimizer:
        optimiser.step = lambda: None  # fused Adam refuses tensors without numbers
        return optimiser

    def backward(self, loss: Tensor) -> None:
        loss.backward()


class _Held:
    """Memory that saved tensors hold, each piece counted once, as long as any of them lives."""

    def __init__(self, but: Iterable[Tensor]):
        self._owners = {tensor.untyped_storage()._cdata: 1 for tensor in but}
        self._now = self.most = 0

    def add(self, tensor: Tensor) -> "_Saved":
        memory = tensor.untyped_storage()
        self._owners[memory._cdata] = self._owners.get(memory._cdata, 0) + 1
        if self._owners[memory._cdata] == 1:
            self._now += memory.nbytes()
            self.most = max(self.most, self._now)
        return _Saved(tensor, self)

    def remove(self, tensor: Tensor) -> None:
        memory = tensor.untyped_storage()
        self._owners[memory._cdata] -= 1
        if not self._owners[memory._cdata]:
            self._now -= memory.nbytes()


@dataclass
class _Saved:
    tensor: Tensor
    held: _Held

    def __del__(self) -> None:
        self.held.remove(self.tensor)


def counted(e: Experiment) -> Counted:
    """Count one step of an experiment on one image, as its method computes it."""
    with torch.device("meta"):
        method = METHODS[e.method](e, Nowhere(), 0)
        a, b = torch.empty(2, 1, 3, e.crop_size, e.crop_size)
    names = method.nets.parameter_counts()
    held = _Held(but=[p for name in names for p in method.nets[name].parameters()])
    with (
        FlopCounterMode(display=False) as counter,
        torch.autograd.graph.saved_tensors_hooks(held.add, lambda saved: saved.tensor),
    ):
        method.step(a, b)
    return Counted(counter.get_total_flops(), sum(names.values()), held.most)
