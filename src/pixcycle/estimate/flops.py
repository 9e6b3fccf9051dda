"""FLOPs of training, counted by the real step on tensors that have shapes but no numbers."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.flop_counter import FlopCounterMode

from pixcycle.config import Experiment
from pixcycle.training.loop import METHODS

WITHOUT_COST = {
    *("dataset", "direction", "label", "extra", "assumes", "published_weights"),
    *("gan_mode", "l1", "l2", "lambda_reconstruction", "pool_size"),
    *("preprocess", "load_size", "resize", "flip", "batch_size", "epoch_length", "n_epochs", "n_epochs_decay"),
    *("lr", "lr_discriminator", "beta1", "precision", "log_every", "sample_epochs", "gpus"),
    *("inference_dropout", "inference_norm", "inference_batch"),
}
"""Fields of an experiment that change nothing of a step's cost for one image; a field not named here may."""


@dataclass(frozen=True)
class StepCost:
    """What one image (a pair; for CycleGAN one image of each domain) costs in a training step.

    flops: of convolutions and matrix products, forward and backward, where a multiplication and its addition are 2.
    Norms, losses and optimisers are bound by memory and not counted. A batch costs as much as its images.
    parameters: of all networks of the run.
    """

    flops: int
    parameters: int


class _Nowhere:
    """Fabric's part in a step, without a device: gradients flow, optimisers stand still."""

    def setup_module(self, module: nn.Module) -> nn.Module:
        return module

    def setup_optimizers(self, optimiser: Optimizer) -> Optimizer:
        optimiser.step = lambda: None  # fused Adam refuses tensors without numbers
        return optimiser

    def backward(self, loss: Tensor) -> None:
        loss.backward()


def step_cost(e: Experiment) -> StepCost:
    """Count one step of an experiment, as its method computes it.

    At 256x256 pixels and 64 filters: 87 GFLOP for pix2pix with a U-Net, 1879 GFLOP for CycleGAN with ResNets of 9
    blocks and identity loss (1287 without).
    """
    with torch.device("meta"):
        method = METHODS[e.method](e, _Nowhere(), 0)
        a, b = torch.empty(2, 1, 3, e.crop_size, e.crop_size)
    with FlopCounterMode(display=False) as counter:
        method.step(a, b)
    return StepCost(counter.get_total_flops(), sum(method.nets.parameter_counts().values()))


def step_costs(experiments: Iterable[Experiment]) -> list[StepCost]:
    """`step_cost` of each; those that cost the same are counted once."""
    counted: dict[str, StepCost] = {}
    costs = []
    for e in experiments:
        key = e.model_dump_json(exclude=WITHOUT_COST)
        if key not in counted:
            counted[key] = step_cost(e)
        costs.append(counted[key])
    return costs
