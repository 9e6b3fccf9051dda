"""Steps only hand work to the device: whoever reads a number of it waits until all that was handed over is done."""

from itertools import pairwise
from typing import ClassVar

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from pixcycle.models.pool import ImagePool
from pixcycle.training import loop
from pixcycle.training.loop import METHODS
from tests.conftest import tiny_experiment, tiny_run
from tests.estimate.counted import Nowhere

RESNET = {"generator": "resnet6", "norm": "instance", "conditional": False, "gan_mode": "lsgan"}
SETTINGS = {
    "pix2pix": {"method": "pix2pix"},
    "pix2pix, unconditional, without batch norm": RESNET | {"method": "pix2pix", "l1": 0.5, "l2": 0.5},
    "cyclegan with identity loss and a full pool": {"method": "cyclegan", "lambda_identity": 0.5, "pool_size": 5},
    "cyclegan with one discriminator": RESNET | {"method": "cyclegan", "discriminators": 1, "upsampling": "resize"},
}


class Reads(TorchFunctionMode):
    """How often Python asks for floating-point numbers and truth values; bytes to be loaded are others."""

    ways = {getattr(Tensor, f"__{kind}__") for kind in ("bool", "float", "int", "complex", "array")} | {
        *(Tensor.item, Tensor.tolist, Tensor.numpy, Tensor.cpu, Tensor.nonzero, torch.nonzero),
    }
    count = 0

    def __torch_function__(self, function, types, args=(), kwargs=None):
        self.count += function in self.ways and (args[0].is_floating_point() or args[0].dtype == torch.bool)
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_step_needs_no_number_of_the_device(settings):
    """On tensors that have none, each attempt to read one is an error."""
    e = tiny_experiment(**SETTINGS[settings])
    with torch.device("meta"):
        method = METHODS[e.method](e, Nowhere(), 0)
        a, b = torch.empty(2, e.batch_size, 3, e.crop_size, e.crop_size)
    for _ in range(4):
        losses = method.step(a, b)
    assert all(loss.is_meta for loss in losses.values())
    assert all(len(pool.images) == e.pool_size for pool in method.pools.values())


@pytest.mark.parametrize("settings", SETTINGS)
def test_losses_are_read_at_logged_steps_alone_and_then_all_at_once(settings, prepared, tmp_path, monkeypatch):
    e = tiny_experiment(**SETTINGS[settings], batch_size=1, n_epochs=1, log_every=5)
    at_start, step = [], METHODS[e.method].step

    def noted(*given):
        at_start.append(reads.count)
        return step(*given)

    monkeypatch.setattr(METHODS[e.method], "step", noted)
    monkeypatch.setattr(ImagePool, "query", lambda _, images: images.detach())  # it draws, on the CPU
    with Reads() as reads:
        loop.train(tiny_run(e), prepared, tmp_path / "run")
    until_the_next = [after - before for before, after in pairwise(at_start)]
    assert until_the_next == [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]


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
        shown = [restored.query(torch.empty(1, 3, 2, 2, device="meta")) for _ in range(8)]
    assert all(images.is_meta for images in shown)
    assert copies.waits and not any(copies.waits)
