"""Adam as Keras and TensorFlow compute it."""

from collections.abc import Iterable

import torch
from torch import nn

from pixcycle.methods.adam import Adam


class KerasAdam(Adam):
    """Adam whose epsilon is added before the bias correction, as in Keras 2 and TensorFlow 1.

    With the moments m and v of a weight w, and t counting steps from 1,

        w <- w - lr sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon).

    PyTorch adds epsilon to sqrt(v / (1 - beta2^t)), so this is PyTorch's Adam with epsilon / sqrt(1 - beta2^t): with
    beta2 = 0.999, 32 times epsilon in the first step and 1.3 times in step 1000.

    One such optimiser of Keras that trains several networks counts the steps of all (report 000's code). In step number
    s of network number j of n, its t is n (s - 1) + j, which makes the first steps longer.

    Parameters
    ----------
    networks
        The parameters of each network.
    lr, betas
        As in `torch.optim.Adam`.
    epsilon
        1e-7 in Keras, 1e-8 in TensorFlow 1.
    numbers
        j of each network.
    counted
        n, the number of networks whose steps are counted; 1 for a counter of each network's own.
    """

    def __init__(
        self,
        networks: Iterable[Iterable[nn.Parameter]],
        lr: float,
        betas: tuple[float, float],
        epsilon: float,
        numbers: Iterable[int],
        counted: int = 1,
    ):
        groups = [{"params": list(n), "t": j} for n, j in zip(networks, numbers, strict=True)]
        super().__init__(groups, lr=lr, betas=betas, fused=True)
        # The fused step would skip steps with infinite gradients on its own; `t` must know about them.
        self._step_supports_amp_scaling = False
        self._epsilon, self._counted = epsilon, counted
        for group in self.param_groups:
            for p in group["params"]:
                # PyTorch's state, made beforehand, as its steps, which PyTorch counts up before use, start at j - 1.
                self.state[p] = {
                    "step": torch.full((), group["t"] - 1.0, device=p.device),
                    "exp_avg": torch.zeros_like(p, memory_format=torch.preserve_format),
                    "exp_avg_sq": torch.zeros_like(p, memory_format=torch.preserve_format),
                }

    def step(self) -> None:
        """Take a step of every network."""
        for group in self.param_groups:
            group["eps"] = self._epsilon / (1 - group["betas"][1] ** group["t"]) ** 0.5
        super().step()
        for group in self.param_groups:
            group["t"] += self._counted
            if self._counted > 1:
                torch._foreach_add_([self.state[p]["step"] for p in group["params"]], self._counted - 1)
