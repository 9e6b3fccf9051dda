"""The processes (ranks) that train one run together, one for each GPU, and the communication between them.

A batch is split into equal shares, one for each rank, in the order of the ranks. In a single process the functions on
tensors return their argument.
"""

import ctypes
import logging
import os
import signal
import sys
import warnings
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor

from pixcycle.machine.fabric import Fabric, OneCpu
from pixcycle.scheduler.registry import SCHEDULERS, processes


def started_as_one_of_many() -> bool:
    """Return whether torchrun or a scheduler's launcher started this process as one of several."""
    return "TORCHELASTIC_RUN_ID" in os.environ or processes()[0] > 1


def start(number: int, made: Path) -> None:
    """Start this command again as several ranks, as torchrun does; exit with the code of the first that fails.

    Parameters
    ----------
    number
        Number of ranks.
    made
        Output of the ranks. If it exists after a signal to stop, the ranks had finished, and the signal is no failure.
    """
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    logging.getLogger("torch.distributed").setLevel(logging.CRITICAL)  # its error summary repeats the rank's message
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=number,
        run_id=str(os.getpid()),
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        max_restarts=0,
    )
    threads = int(os.environ.get("OMP_NUM_THREADS", number))
    os.environ["OMP_NUM_THREADS"] = str(max(1, threads // number))
    try:
        elastic_launch(config, sys.argv[0])(*sys.argv[1:])
    except ChildFailedError as error:
        code = error.get_first_failure()[1].exitcode
        sys.exit(code if code > 0 else 128 - code)
    except SignalException as stopped:
        if not made.exists():  # the ranks had time to save or to finish
            sys.exit(128 + stopped.sigval)


def fabric(precision: str = "32-true") -> Fabric:
    """Return the Fabric for this process: on a GPU if there is one, and joined with the other ranks if there are any.

    Without a GPU, `16-mixed` becomes `bf16-mixed`: CPUs have no products in float16. Also sets for the whole process
    whether factors in float32 products may be rounded to TF32; by default PyTorch rounds those of convolutions.
    """
    # Not the newer `fp32_precision`: Fabric and torch.compile read the older names, and fail if both are used.
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
    if precision == "16-mixed" and not torch.accelerator.is_available():
        precision = "bf16-mixed"
    if not started_as_one_of_many() and not torch.accelerator.is_available():
        return OneCpu(mixed=precision == "bf16-mixed")
    from lightning_fabric import Fabric as Lightning  # imported late: it takes as long to import as torch
    from lightning_fabric.plugins.environments import LightningEnvironment
    from lightning_fabric.strategies import DDPStrategy

    stored = "32-true" if precision == "tf32" else precision
    for hint in (hint for scheduler in SCHEDULERS for hint in scheduler.hints):
        warnings.filterwarnings("ignore", message=hint)
    if not started_as_one_of_many():
        return Lightning(devices=1, precision=stored, plugins=LightningEnvironment())
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # die with the process that leases our GPUs
    scheduled, nodes = processes()
    world_size = int(os.environ.get("WORLD_SIZE") or scheduled)
    nodes = int(os.environ.get("GROUP_WORLD_SIZE") or nodes)
    strategy = DDPStrategy(forward_sync_buffers=False)  # buffers of batch norm are equal already
    lightning = Lightning(strategy=strategy, devices=world_size // nodes, num_nodes=nodes, precision=stored)
    lightning.launch()
    return lightning


def count() -> int:
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    return dist.get_rank() if dist.is_initialized() else 0


def own_share(batch: Tensor) -> Tensor:
    """Return this rank's share, (N / ranks, ...), of the whole batch, (N, ...)."""
    return batch.chunk(count())[rank()]


def joined(share: Tensor) -> Tensor:
    """Gather the shares of all ranks, (N / ranks, ...) each, into (N, ...); without gradient."""
    if count() == 1:
        return share
    shares = [torch.empty_like(share) for _ in range(count())]
    dist.all_gather(shares, share.contiguous())
    return torch.cat(shares)


def mean(value: Tensor) -> Tensor:
    """Return the mean over all ranks, with gradient."""
    return _Sum.apply(value) / count() if count() > 1 else value


class _Sum(torch.autograd.Function):
    """Sum over all ranks. Its gradient is summed, too: each rank's value contributes to the result of every rank."""

    @staticmethod
    def forward(ctx, value: Tensor) -> Tensor:
        value = value.clone()
        dist.all_reduce(value)
        return value

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        return _Sum.apply(gradient)
