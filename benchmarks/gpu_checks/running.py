"""Check that a training resumes, does not wait for the GPU, and shares GPUs with other processes."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gpu_checks.outcome import Check, CheckFailed, Skipped, Values
from gpu_checks.small import FLOAT32_TOLERANCE, FORMS, METHODS, STEPS, batch, compared, experiment, fabric_on, losses
from pixcycle.data.batches import Batches
from pixcycle.machine.gpu import VISIBLE, gpus
from pixcycle.machine.lock_folder import SHARED
from pixcycle.training.checkpoint import Done, restore, save

ROOT = Path(__file__).parents[2]
_CYCLEGAN = FORMS["CycleGAN"] | {"crop_size": 32}
RESUMED = {
    "pix2pix": FORMS["pix2pix"] | {"dropout": True},
    "CycleGAN, U-Net": _CYCLEGAN | {"generator": "unet", "norm": "batch", "dropout": True},
    "CycleGAN, ResNet": _CYCLEGAN,
}
BEFORE = 3
"""Steps before the interruption; the image pool is full by then."""
LEASE = """
import time
from pixcycle.machine.gpu import lease
with lease() as gpus:
    print(*gpus, flush=True)
    time.sleep(60)
"""


def resumes_to_the_bit(form: str, device: torch.device) -> Values:
    """Check that an interrupted training has the losses and networks of an undisturbed one, bit for bit.

    PyTorch's deterministic algorithms are on. If trainings differ and an operation has no such algorithm, the check is
    skipped and names the operation.
    """
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"  # cuBLAS reads it when it starts, later than this
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            undisturbed, resumed = trained(RESUMED[form], device, False), trained(RESUMED[form], device, True)
    finally:
        torch.use_deterministic_algorithms(False)
    lacking = sorted({str(w.message).split()[0] for w in caught if "deterministic implementation" in str(w.message)})
    different = [name for name, value in undisturbed.items() if not torch.equal(value, resumed[name])]
    if different and lacking:
        raise Skipped(f"no deterministic algorithm: {', '.join(lacking)}; {len(different)} tensors differ")
    if different:
        raise CheckFailed(f"{len(different)} tensors differ, among them {different[0]}")
    return {"equal tensors": len(undisturbed)} | ({"without promise": ", ".join(lacking)} if lacking else {})


def trained(settings: dict[str, Any], device: torch.device, interrupted: bool) -> dict[str, torch.Tensor]:
    """Train, and return the losses of the last steps and all networks after them, on the CPU."""
    e = experiment(settings)

    def new_method(seed: int) -> Any:
        torch.manual_seed(seed)
        return METHODS[e.method](e, fabric_on(device), seed)

    batches = [batch(e, device, seed) for seed in range(2 * BEFORE)]
    method = new_method(0)
    for a, b in batches[:BEFORE]:
        method.step(a, b)
    if interrupted:
        with tempfile.TemporaryDirectory() as folder:
            save(Path(folder), method, Done(0, BEFORE))
            method = new_method(1)
            restore(Path(folder), method)
    tensors = {}
    for step, (a, b) in enumerate(batches[BEFORE:]):
        tensors |= {f"{name} of step {step}": loss.detach().cpu() for name, loss in method.step(a, b).items()}
    return tensors | method.nets.weights()


def steps_do_not_wait(form: str, device: torch.device) -> Values:
    """Check that batches and steps do not synchronise, at first and after a resume, when pools come from the CPU."""
    if device.type == "cpu":
        raise Skipped("for GPUs only: a CPU does not compute asynchronously")
    e = experiment(FORMS[form])
    method = METHODS[e.method](e, fabric_on(device), 0)
    with tempfile.TemporaryDirectory() as folder:
        prepared = random_images(Path(folder), e.crop_size + 8, 40)
        batches = Batches(prepared, "train", e.crop_size, True, e.method == "pix2pix", e.batch_size, 0, device)
        for _, (a, b) in zip(range(BEFORE), batches.epoch(0), strict=False):
            method.step(a, b)
        without_waiting(method, batches, 1)
        save(Path(folder), method, Done())
        restore(Path(folder), method)
        without_waiting(method, batches, 2)
    return {"steps": 4 * STEPS}


def without_waiting(method: Any, batches: Batches, epoch: int) -> None:
    """Make steps while PyTorch raises an error for any synchronisation; then make sure that it would have."""
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _, (a, b) in zip(range(2 * STEPS), batches.epoch(epoch), strict=False):
            losses_of_step = method.step(a, b)
        try:
            losses_of_step["g"].item()
        except RuntimeError:
            return
        raise CheckFailed("PyTorch does not detect synchronisations, so this check proves nothing")
    finally:
        torch.cuda.set_sync_debug_mode("default")


def random_images(folder: Path, side: int, n: int) -> Path:
    """Write a prepared dataset of n random pairs."""
    draw = np.random.default_rng(0)
    for domain in "AB":
        np.save(folder / f"train_{domain}.npy", draw.integers(0, 256, (n, side, side, 3), dtype=np.uint8))
    (folder / "manifest.json").write_text(json.dumps({"dataset": "made up", "paired": True, "splits": {}}))
    return folder


def one_gpu_one_process(device: torch.device, locks: tuple[str, str] = ("locks", "locks")) -> Values:
    """Check that a process waits for the GPU that another has leased, and gets it when that one is killed.

    On a CPU the GPU is only simulated.

    Parameters
    ----------
    locks
        Folders of the two processes' locks, below a temporary one.
    """
    gpu = (gpus() or ["0"])[0]
    with tempfile.TemporaryDirectory() as folder:
        for name in locks:
            Path(folder, name).mkdir(exist_ok=True)
        first, second = (
            subprocess.Popen(
                [sys.executable, "-c", LEASE],
                env=environment() | {VISIBLE: gpu, SHARED: f"{folder}/{name}"},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for name in locks
        )
        with first, second:
            try:
                ready, _, _ = select.select([first.stdout, second.stdout], [], [], 20)
                if not ready:
                    raise CheckFailed("no process got the GPU within 20 s")
                holder, waiter = (first, second) if first.stdout in ready else (second, first)
                ready, _, _ = select.select([waiter.stdout, waiter.stderr], [], [], 20)
                if waiter.stderr not in ready:
                    raise CheckFailed("the second process does not wait for the GPU")
                message = waiter.stderr.readline().strip()
                if select.select([waiter.stdout], [], [], 1)[0]:
                    raise CheckFailed("two processes have the same GPU")
                holder.send_signal(signal.SIGKILL)
                ready, _, _ = select.select([waiter.stdout], [], [], 20)
                if not ready:
                    raise CheckFailed("the GPU of a killed process stays locked")
            finally:
                first.kill()
                second.kill()
    return {"the second says": message}


def two_ranks(device: torch.device) -> Values:
    """Compare the losses of two processes that share each batch, one per GPU, with those of one process."""
    if device.type == "cuda" and torch.cuda.device_count() < 2:
        raise Skipped("needs two GPUs")
    with tempfile.TemporaryDirectory() as folder:
        done, out = torchrun(Path(folder))
        if done.returncode:
            raise CheckFailed(f"exit code {done.returncode}: {last_error(done.stderr)}")
        actual = json.loads(out.read_text())
    return compared(actual, losses(FORMS["pix2pix"], device), FLOAT32_TOLERANCE)


def two_ranks_on_one_gpu(device: torch.device) -> Values:
    """Check that torchrun fails to start two ranks where only one GPU is visible."""
    if device.type == "cpu":
        raise Skipped("for GPUs only")
    with tempfile.TemporaryDirectory() as folder:
        done, _ = torchrun(Path(folder), {VISIBLE: gpus()[0]})
    if not done.returncode:
        raise CheckFailed("two ranks trained on one GPU")
    return {"refused": last_error(done.stderr)}


def torchrun(folder: Path, variables: dict[str, str] | None = None) -> tuple[subprocess.CompletedProcess, Path]:
    """Run two_ranks.py in two processes; return the finished launcher and the file of their losses."""
    out = folder / "losses.json"
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command = [*launcher, str(Path(__file__).with_name("two_ranks.py")), str(out)]
    done = subprocess.run(command, env=environment() | (variables or {}), capture_output=True, text=True, timeout=90)
    return done, out


def environment() -> dict[str, str]:
    """Return the environment of a process that imports pixcycle and the checks."""
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "benchmarks"), *sys.path])}


def last_error(stderr: str) -> str:
    """Return the first line that names an exception; empty if there is none."""
    return next((line.strip() for line in stderr.splitlines() if "Error: " in line or "Exception: " in line), "")


CHECKS: dict[str, Check] = {
    **{f"resume to the bit: {form}": partial(resumes_to_the_bit, form) for form in RESUMED},
    **{f"no synchronisation between logged steps: {form}": partial(steps_do_not_wait, form) for form in FORMS},
    "a leased GPU": one_gpu_one_process,
    "two processes, one per GPU": two_ranks,
    "two processes on one GPU": two_ranks_on_one_gpu,
}
