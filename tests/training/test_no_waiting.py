"""Training steps only queue work on the device: reading a value from it would wait for all queued work."""

from itertools import pairwise
from typing import ClassVar

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from pixcycle.methods.registry import METHODS
from pixcycle.models.pool import ImagePool
from tests.conftest import tiny_experiment, tiny_run
from tests.support.counted import Nowhere
from tests.support.steps import COMPETITORS
from tests.support.training import train

RESNET = {"generator": "resnet6", "norm": "instance", "conditional": False, "gan_mode": "lsgan"}
SETTINGS = {
    "pix2pix": {"method": "pix2pix"},
    "pix2pix, unconditional, without batch norm": RESNET | {"method": "pix2pix", "l1": 0.5, "l2": 0.5},
    "cyclegan with identity loss and a full pool": {"method": "cyclegan", "lambda_identity": 0.5, "pool_size": 5},
    "cyclegan with one discriminator": RESNET | {"method": "cyclegan", "discriminators": 1, "upsampling": "resize"},
} | COMPETITORS


class Reads(TorchFunctionMode):
    """Count how often Python reads floats and booleans from tensors; integers, as when loading bytes, do not count."""

    functions = {getattr(Tensor, f"__{kind}__") for kind in ("bool", "float", "int", "complex", "array")} | {
        Tensor.item,
        Tensor.tolist,
        Tensor.numpy,
        Tensor.cpu,
        Tensor.nonzero,
        torch.nonzero,
    }
    count = 0

    def __torch_function__(self, function, types, args=(), kwargs=None):
        self.count += function in self.functions and (args[0].is_floating_point() or args[0].dtype == torch.bool)
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("settings", SETTINGS)
def test_step_reads_no_value_from_the_device(settings):
    """Meta tensors have no values: each attempt to read one is an error."""
    e = tiny_experiment(**SETTINGS[settings])
    with torch.device("meta"):
        method = METHODS[e.method](e, Nowhere(), 0)
        a, b = torch.empty(2, e.batch_size, 3, e.crop_size, e.crop_size)
    for _ in range(4):
        losses = method.step(a, b)
    assert all(loss.is_meta for loss in losses.values())
    assert all(len(pool.images) == e.pool_size for pool in method.pools.values())


@pytest.mark.parametrize("settings", SETTINGS)
def test_train_reads_losses_at_logged_steps_only_and_all_at_once(settings, prepared, tmp_path, monkeypatch):
    e = tiny_experiment(**SETTINGS[settings], batch_size=1, n_epochs=1, log_every=5)
    reads_before, step = [], METHODS[e.method].step

    def counted_step(*args):
        reads_before.append(reads.count)
        return step(*args)

    monkeypatch.setattr(METHODS[e.method], "step", counted_step)
    monkeypatch.setattr(ImagePool, "query", lambda _, images: images.detach())  # its draws on the CPU would count
    with Reads() as reads:
        train(tiny_run(e), prepared, tmp_path / "run")
    reads_per_step = [after - before for before, after in pairwise(reads_before)]
    assert reads_per_step == [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]


def test_image_pool_copies_restored_images_to_the_device_without_waiting():
    class Copies(TorchFunctionMode):
        waits: ClassVar = []

        def __torch_function__(self, function, types, args=(), kwargs=None):
            if function is Tensor.to:
                self.waits.append(not (kwargs or {}).get("non_blocking"))
            return function(*args, **(kwargs or {}))

    before, restored = ImagePool(1, seed=0), ImagePool(1, seed=0)
    before.query(torch.ones(1, 3, 2, 2))
    restored.load_state_dict(before.state_dict())
    with Copies() as copies:
        batches = [restored.query(torch.empty(1, 3, 2, 2, device="meta")) for _ in range(8)]
    assert all(images.is_meta for images in batches)
    assert copies.waits and not any(copies.waits)
