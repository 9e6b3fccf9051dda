"""The processes that train one run together, one to a card, and what they must tell each other.

A batch is cut into equal shares, one to a rank, in the order of the ranks. With a single process each function gives
back what it is given.
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

from pixcycle.engine.fabric import Fabric, OneCpu
from pixcycle.scalars import Precision


def started_as_one_of_many() -> bool:
    """Whether torchrun or srun started this process as one of several.

    SLURM_NTASKS will not do: an allocation has it, too, in which nobody called srun.
    """
    return "TORCHELASTIC_RUN_ID" in os.environ or int(os.environ.get("SLURM_STEP_NUM_TASKS", 1)) > 1


def start(processes: int, made: Path) -> None:
    """Start this command again as so many ranks, as torchrun does; exit with the code of the first that fails.

    made: what they make, which tells whether they were done when we were told to stop, as they were by us.
    """
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    logging.getLogger("torch.distributed").setLevel(logging.CRITICAL)  # its summary of an error repeats the rank's own
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=processes,
        run_id=str(os.getpid()),
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        max_restarts=0,
    )
    threads = int(os.environ.get("OMP_NUM_THREADS", processes))
    os.environ["OMP_NUM_THREADS"] = str(max(1, threads // processes))
    try:
        elastic_launch(config, sys.argv[0])(*sys.argv[1:])
    except ChildFailedError as error:
        code = error.get_first_failure()[1].exitcode
        sys.exit(code if code > 0 else 128 - code)
    except SignalException as stopped:
        if not made.exists():  # the ranks had the time to save, or to end well
            sys.exit(128 + stopped.sigval)


def fabric(precision: Precision = "32-true") -> Fabric:
    """The device of this process: a card if there is one; with the other ranks', if there are any.

    Sets for the whole process whether products of float32 may be rounded to TF32. Where it is not told, PyTorch rounds
    those of convolutions.
    """
    # Not by the newer `fp32_precision`: Fabric and torch.compile ask by the older names, and fail where both are used.
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
    if not started_as_one_of_many() and not torch.accelerator.is_available():
        return OneCpu(mixed=precision == "bf16-mixed")
    from lightning_fabric import Fabric as Lightning  # late: it takes as long to import as torch
    from lightning_fabric.plugins.environments import LightningEnvironment
    from lightning_fabric.strategies import DDPStrategy

    stored = "32-true" if precision == "tf32" else precision
    warnings.filterwarnings("ignore", message="The `srun` command is available")
    if not started_as_one_of_many():
        return Lightning(devices=1, precision=stored, plugins=LightningEnvironment())
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # die with the process that holds the lease of our cards
    together = int(os.environ.get("WORLD_SIZE") or os.environ["SLURM_STEP_NUM_TASKS"])
    nodes = int(os.environ.get("GROUP_WORLD_SIZE") or os.environ["SLURM_STEP_NUM_NODES"])
    strategy = DDPStrategy(forward_sync_buffers=False)  # those of batch norm are equal already
    made = Lightning(strategy=strategy, devices=together // nodes, num_nodes=nodes, precision=stored)
    made.launch()
    return made


def count() -> int:
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    return dist.get_rank() if dist.is_initialized() else 0


def own_share(batch: Tensor) -> Tensor:
    """(N, ...) of all ranks -> this one's (N / ranks, ...)."""
    return batch.chunk(count())[rank()]


def joined(share: Tensor) -> Tensor:
    """This rank's (N / ranks, ...) -> (N, ...) of all; without gradient."""
    if count() == 1:
        return share
    shares = [torch.empty_like(share) for _ in range(count())]
    dist.all_gather(shares, share.contiguous())
    return torch.cat(shares)


def mean(value: Tensor) -> Tensor:
    """The mean over all ranks, with gradient."""
    return _Sum.apply(value) / count() if count() > 1 else value


class _Sum(torch.autograd.Function):
    """Over all ranks; each rank's value has its part in what all of them make of the sum."""

    @staticmethod
    def forward(ctx, value: Tensor) -> Tensor:
        value = value.clone()
        dist.all_reduce(value)
        return value

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        return _Sum.apply(gradient)
