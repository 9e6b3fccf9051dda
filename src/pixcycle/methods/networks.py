"""Networks and optimisers of a run: initialisation, optimiser steps, freezing, saving."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from pixcycle.machine import ranks
from pixcycle.machine.fabric import Fabric, loss_scaler
from pixcycle.methods.adam import Adam
from pixcycle.methods.keras_adam import KerasAdam
from pixcycle.models.build import build_discriminator, build_generator
from pixcycle.models.init import init_weights
from pixcycle.models.sync_layers import join
from pixcycle.params.experiment import Experiment


class Networks:
    """Named networks, and one Adam optimiser for each group of them ("g" and "d").

    Initial weights depend on the seed alone. Tensors are channels-last on GPUs, as tensor cores need, and contiguous on
    CPUs, where fused Adam would otherwise copy each gradient. With `adam: keras_shared`, steps of the networks are
    counted in the order of the groups.
    """

    def __init__(
        self,
        modules: dict[str, nn.Module],
        groups: dict[str, list[str]],
        e: Experiment,
        fabric: Fabric,
        seed: int,
    ):
        draw = torch.Generator().manual_seed(seed)
        self._graphs = e.compile == "reduce-overhead"
        self._layout = torch.channels_last if fabric.device.type == "cuda" else torch.contiguous_format
        for module in modules.values():
            init_weights(module, draw, e.initial_weights)
            module.to(memory_format=self._layout)
            if ranks.count() > 1:
                join(module)
            if e.compile != "none":
                _compile(module, self._graphs)
        self._fabric = fabric
        self._modules = {name: fabric.setup_module(module) for name, module in modules.items()}
        self.base_lr = {"g": e.lr, "d": e.lr_discriminator or e.lr}
        order = list(chain.from_iterable(groups.values()))
        self.optimisers = {}
        for group, names in groups.items():
            networks = [list(self._modules[name].parameters()) for name in names]
            numbers = [order.index(name) + 1 for name in names]
            adam = _adam(e, self.base_lr[group], networks, numbers, len(order))
            self.optimisers[group] = fabric.setup_optimizers(adam)

    def __getitem__(self, name: str) -> nn.Module:
        return self._modules[name]

    def __contains__(self, name: str) -> bool:
        return name in self._modules

    def laid_out(self, *images: Tensor) -> list[Tensor]:
        """Return the batches of a new step in the memory layout of the networks."""
        if self._graphs:
            torch.compiler.cudagraph_mark_step_begin()  # now graphs may overwrite their last outputs
        return [batch.contiguous(memory_format=self._layout) for batch in images]

    def descend(self, group: str, loss: Tensor) -> None:
        """Take one step of a group's optimiser down the gradient of the loss."""
        self.optimisers[group].zero_grad()
        self._fabric.backward(loss)
        self.optimisers[group].step()

    @contextmanager
    def frozen(self, *names: str) -> Iterator[None]:
        """Inside the block, compute no gradients of these networks' parameters; gradients still pass through."""
        with ExitStack() as unsynchronised:
            for name in names:
                self[name].requires_grad_(False)
                if ranks.count() > 1:  # or the ranks would wait to exchange gradients
                    unsynchronised.enter_context(self._fabric.no_backward_sync(self[name]))
            yield
        for name in names:
            self[name].requires_grad_(True)

    def scale_lr(self, factor: float) -> None:
        for group, optimiser in self.optimisers.items():
            for parameters in optimiser.param_groups:
                parameters["lr"] = self.base_lr[group] * factor

    def weights(self) -> dict[str, Tensor]:
        """Return the weights of all networks as `network.parameter` -> tensor on the CPU."""
        return {
            f"{name}.{key}": value.detach().cpu().contiguous()
            for name, module in self._modules.items()
            for key, value in module.state_dict().items()
        }

    def parameter_counts(self) -> dict[str, int]:
        return {name: sum(p.numel() for p in m.parameters()) for name, m in self._modules.items()}

    def state_dict(self) -> dict[str, Any]:
        return {
            "modules": {name: module.state_dict() for name, module in self._modules.items()},
            "optimisers": {group: optimiser.state_dict() for group, optimiser in self.optimisers.items()},
            **({"scaler": scaler.state_dict()} if (scaler := loss_scaler(self._fabric)) else {}),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name, module in self._modules.items():
            module.load_state_dict(state["modules"][name])
        for group, optimiser in self.optimisers.items():
            optimiser.load_state_dict(state["optimisers"][group])
        if scaler := loss_scaler(self._fabric):
            scaler.load_state_dict(state["scaler"])


def _adam(
    e: Experiment, lr: float, networks: list[list[nn.Parameter]], numbers: list[int], counted: int
) -> torch.optim.Optimizer:
    """Return the Adam of a group of networks.

    Parameters
    ----------
    networks, numbers
        The parameters of each network, and its number among all networks of the run, from 1.
    counted
        Number of all networks of the run.
    """
    betas = (e.beta1, 0.999)
    if e.adam == "pytorch":
        return Adam(list(chain.from_iterable(networks)), lr=lr, betas=betas, weight_decay=e.weight_decay, fused=True)
    epsilon = 1e-8 if e.adam == "tensorflow1" else 1e-7
    if e.adam == "keras_shared":
        return KerasAdam(networks, lr, betas, epsilon, numbers, counted)
    return KerasAdam(networks, lr, betas, epsilon, numbers=[1] * len(networks))


def _compile(module: nn.Module, graphs: bool) -> None:
    """Compile a module in place, so that parameters keep their names; dropout draws the same numbers as uncompiled.

    PyTorch's mode `reduce-overhead` is the option `triton.cudagraphs`, but a mode cannot be combined with options. The
    vector width is set because PyTorch's cache would otherwise return code that was compiled on another CPU.
    """
    vector_bits = {"AVX2": 256, "AVX512": 512}.get(torch.backends.cpu.get_cpu_capability())
    options = {"triton.cudagraphs": graphs, "fallback_random": True, "cpp.simdlen": vector_bits}
    module.compile(dynamic=False, options=options)


def generator_of(e: Experiment) -> nn.Module:
    """Return the generator of an experiment, not yet initialised."""
    return build_generator(
        e.generator,
        crop_size=e.crop_size,
        filters=e.filters,
        norm=e.norm,
        dropout=e.dropout,
        skips=e.skips,
        first_dropout_block=e.first_dropout_block,
        upsampling=e.upsampling,
        layers=e.layers,
    )


def discriminator_of(e: Experiment) -> nn.Module:
    """Return a discriminator of an experiment, not yet initialised; it sees six channels if it is conditional."""
    return build_discriminator(e.patch, 6 if e.conditional else 3, e.filters, e.norm, e.layers)
