"""Reference for the closed forms: torch's own counts of the actual training step, on meta tensors."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.flop_counter import FlopCounterMode

from pixcycle.methods.registry import METHODS
from pixcycle.params.experiment import Experiment

WITHOUT_COST = {
    "dataset",
    "direction",
    "label",
    "extra",
    "assumes",
    "published_weights",
    "initial_weights",
    "gan_mode",
    "halve_discriminator",
    "l1",
    "l2",
    "lambda_reconstruction",
    "pool_size",
    "preprocess",
    "load_size",
    "resize",
    "flip",
    "batch_size",
    "epoch_length",
    "n_epochs",
    "n_epochs_decay",
    "lr",
    "lr_discriminator",
    "beta1",
    "adam",
    "precision",
    "log_every",
    "sample_epochs",
    "gpus",
    "compile",
    "inference_dropout",
    "inference_norm",
    "inference_batch",
}
"""Fields of an experiment that do not affect the cost of a step for one image; all others may."""


@dataclass(frozen=True)
class Counted:
    """Counts of a training step.

    Attributes
    ----------
    flops
        FLOPs of convolutions and matrix products.
    parameters
        Parameters of all networks of the run.
    kept
        Peak number of bytes that autograd saves for the backward pass.
    """

    flops: int
    parameters: int
    kept: int


class Nowhere:
    """Replacement of Fabric on a GPU that needs none: gradients are computed, optimisers do nothing."""

    device = torch.device("cuda")  # only its type is used

    def setup_module(self, module: nn.Module) -> nn.Module:
        return module

    def setup_optimizers(self, optimiser: Optimizer) -> Optimizer:
        optimiser.step = lambda: None  # fused Adam rejects meta tensors
        return optimiser

    def backward(self, loss: Tensor) -> None:
        loss.backward()


class _Held:
    """Memory of saved tensors; each storage counts once, while any of its tensors is alive."""

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
    """Count one training step of an experiment on one image, as computed by its method."""
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
