"""TensorBoard event files of a training, to look at while it runs. They are no result: nothing reads them again."""

import time
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from pixcycle.base.errors import UserError

if TYPE_CHECKING:  # checked before anything runs, without importing torch
    from pixcycle.machine.fabric import Fabric
    from pixcycle.methods.networks import Networks

SECONDS_BETWEEN_IMAGES = 180
SECONDS_BETWEEN_FLUSHES = 10

Strips: TypeAlias = "Callable[[Networks, Fabric], dict[str, np.ndarray]]"
"""strips(networks, fabric): a few test images by direction, with their translations, as uint8 (H, W, 3)."""


class Watch:
    """Write the losses of a training, and from time to time a strip of test images, into a folder.

    Networks and random numbers of the training stay as they are. A disk that is full ends the watching only.
    """

    def __init__(self, folder: Path, strips: Strips, steps_done: int):
        """Open the folder; what an earlier attempt wrote of the steps that are repeated is no longer shown.

        Parameters
        ----------
        steps_done
            Number of steps, over the whole run, that the saved state includes from which the run resumes.
        """
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(folder), purge_step=steps_done, flush_secs=SECONDS_BETWEEN_FLUSHES)
        self._strips = strips
        self._images_at = time.monotonic()

    def show(self, epoch: int, step: int, losses: dict[str, float], networks: "Networks", fabric: "Fabric") -> str:
        """Add what history.csv has of a step; return why the files can no longer be written, or nothing.

        Parameters
        ----------
        epoch, step
            Both count from 0 over the whole run, as in history.csv.
        """
        try:
            for name, value in {"epoch": epoch, **losses}.items():
                self._writer.add_scalar(name, value, step)
            if time.monotonic() >= self._images_at:
                for direction, strip in self._strips(networks, fabric).items():
                    self._writer.add_image(f"test images, {direction}", strip, step, dataformats="HWC")
                self._images_at = time.monotonic() + SECONDS_BETWEEN_IMAGES
        except OSError as error:
            return str(error)
        return ""

    def close(self) -> None:
        """Write what is still in memory."""
        with suppress(OSError):  # the training itself has ended
            self._writer.close()


def refuse_without_package() -> None:
    """Raise UserError if TensorBoard is not installed."""
    if not find_spec("tensorboard"):
        raise UserError("watch=tensorboard: the package tensorboard is missing: pip install tensorboard")
