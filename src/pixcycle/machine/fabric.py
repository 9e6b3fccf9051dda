"""Lightning Fabric's interface for a single process on a CPU.

Lightning takes as long to import as torch, so it is imported only for GPUs and for several processes.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

if TYPE_CHECKING:
    import lightning_fabric

Fabric: TypeAlias = "OneCpu | lightning_fabric.Fabric"


def loss_scaler(fabric: Fabric) -> torch.amp.GradScaler | None:
    """Return what scales the losses of float16, so that small gradients do not vanish; None at other precisions."""
    strategy = getattr(fabric, "strategy", None)  # `OneCpu` has none
    return getattr(strategy.precision, "scaler", None) if strategy else None


class OneCpu:
    """The methods of `lightning_fabric.Fabric` that pixcycle calls, with bit-identical results.

    Parameters
    ----------
    mixed
        Run networks under autocast to bfloat16, like Fabric's `bf16-mixed`. Weights stay in float32.
    """

    device = torch.device("cpu")
    is_global_zero = True
    world_size = 1

    def __init__(self, mixed: bool):
        self._mixed = mixed

    def autocast(self) -> AbstractContextManager:
        return torch.autocast("cpu", torch.bfloat16) if self._mixed else nullcontext()

    def setup_module(self, module: nn.Module) -> nn.Module:
        return _Mixed(module) if self._mixed else _Wrapped(module)

    def setup_optimizers(self, optimizer: Optimizer) -> Optimizer:
        return optimizer

    def backward(self, loss: Tensor) -> None:
        loss.backward()

    def barrier(self) -> None:
        pass


class _Wrapped(nn.Module):
    """Wrap a module without renaming the entries of its state dict."""

    def __init__(self, module: nn.Module):
        super().__init__()
        self.module = module

    def forward(self, x: Tensor) -> Any:
        return self.module(x)

    def state_dict(self) -> dict[str, Tensor]:
        return self.module.state_dict()

    def load_state_dict(self, state: dict[str, Tensor]) -> Any:
        return self.module.load_state_dict(state)


class _Mixed(_Wrapped):
    """Cast inputs to bfloat16 and outputs to float32, like Fabric's `MixedPrecision`."""

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            y = self.module(x.bfloat16())
        return y.float()
