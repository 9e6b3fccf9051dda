"""Batches from prepared arrays: uint8 crops, straight from the memory map, normalised on the device."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from pixcycle.base.errors import UserError
from pixcycle.data.arrays import read_array
from pixcycle.params.fields import EpochLength
from pixcycle.records.manifest import read_manifest

ORDER, AUGMENTATION = 0, 1
"""Numbers of the independent random streams of one domain in one epoch."""


class Draws(NamedTuple):
    """Images of a domain in the order in which they are shown, with their augmentation.

    Attributes
    ----------
    rows
        (N,) indices into the domain's array.
    corners
        (N, 2) first row and first column of each crop.
    flips
        (N,) bool, True if the crop is mirrored left to right.
    """

    rows: np.ndarray
    corners: np.ndarray
    flips: np.ndarray


class Batches:
    """The batches of one split of a prepared dataset.

    Each epoch is a new permutation. Images that do not fill its last batch are left out, different ones in each
    epoch, because batch norm over a few images would behave differently; a dataset smaller than one batch is one
    smaller batch. The augmentation of image i in epoch e depends on (seed, e, i) alone, not on batch size or other
    images.

    Parameters
    ----------
    prepared
        The folder that `prepare` wrote.
    paired
        Images of a batch belong together, and share crop and flip. If False, each domain has its own order and
        augmentation.
    epoch_length
        Unpaired domains: ``larger`` for epochs as long as the larger domain, in which the smaller one starts again;
        ``smaller`` for epochs as long as the smaller one, each of which leaves out other images of the larger.
    share
        (i, n) returns the i-th, counted from 0, of n equal parts of each batch.

    Raises
    ------
    UserError
        If pairs of an unpaired dataset are requested, or if a batch cannot be divided into n equal parts.
    """

    def __init__(
        self,
        prepared: Path,
        split: str,
        crop_size: int,
        flip: bool,
        paired: bool,
        batch_size: int,
        seed: int,
        device: torch.device | str,
        epoch_length: EpochLength = "larger",
        share: tuple[int, int] = (0, 1),
    ):
        if paired and not read_manifest(prepared).paired:
            raise UserError(
                f"{prepared} holds an unpaired dataset; choose a method that needs no pairs, such as cyclegan"
            )
        # Opening a map verifies its bytes. Plain views, as slicing a np.memmap takes as long as copying the crop.
        with ThreadPoolExecutor(2) as pool:
            self._arrays = list(pool.map(lambda domain: np.asarray(_open(prepared, split, domain)), "AB"))
        self._crop_size, self._flip, self._paired = crop_size, flip, paired
        self._seed, self._device = seed, torch.device(device)
        self._samples = {"larger": max, "smaller": min}[epoch_length](map(len, self._arrays))
        self.batch_size = min(batch_size, self._samples)
        part, parts = share
        if self.batch_size % parts:
            raise UserError(f"{prepared}: {parts} GPUs cannot share batches of {self.batch_size} equally")
        self._part, self._part_size = part, self.batch_size // parts

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return self._samples // self.batch_size

    def epoch(self, epoch: int, first: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the batches (a, b) of an epoch: float32 (N, 3, crop_size, crop_size) in [-1, 1], channels-last.

        N is batch_size, or this share of it.

        Parameters
        ----------
        first
            Batches to skip, because they were seen before an interruption.
        """
        draws = [self.draws(epoch, domain) for domain in (0, 1)]
        for batch in range(first, len(self)):
            first = batch * self.batch_size + self._part * self._part_size
            samples = slice(first, first + self._part_size)
            crops = self._crops([Draws(*(values[samples] for values in domain)) for domain in draws])
            a, b = to_tensor(crops.to(self._device, non_blocking=True)).chunk(2)
            yield a, b

    def draws(self, epoch: int, domain: Literal[0, 1]) -> Draws:
        """Return what an epoch shows of a domain (0 is A, 1 is B); the same for both if paired.

        In the random streams, image i is row i in the first pass over the domain's n images, n + i in the second,
        and so on.
        """
        n, side = self._arrays[domain].shape[:2]
        stream = 2 * (0 if self._paired else domain)
        rounds = -(-self._samples // n)
        keys = uniform(self._seed, epoch, stream + ORDER, (rounds, n))
        order = (keys.argsort(axis=1, kind="stable") + n * np.arange(rounds)[:, None]).ravel()[: self._samples]
        top, left, mirror = uniform(self._seed, epoch, stream + AUGMENTATION, (rounds * n, 3))[order].T
        corners = np.stack([top, left], axis=1) * (side - self._crop_size + 1)
        return Draws(order % n, corners.astype(np.int64), (mirror < 0.5) & self._flip)

    def _crops(self, draws: list[Draws]) -> Tensor:
        """Return the crops of A, then those of B: uint8 (2N, crop_size, crop_size, 3) on the CPU.

        For a GPU they are in pinned memory, so that the copy to the device is asynchronous.
        """
        shape = (2 * self._part_size, self._crop_size, self._crop_size, 3)
        crops = torch.empty(shape, dtype=torch.uint8, pin_memory=self._device.type == "cuda")
        for images, of_domain, out in zip(self._arrays, draws, crops.chunk(2), strict=True):
            crop(images, of_domain, out)
        return crops


def uniform(seed: int, epoch: int, stream: int, shape: tuple[int, ...]) -> np.ndarray:
    """Return random numbers in [0, 1), each a function of seed, epoch, stream and its place in the array alone.

    Uses Philox, a counter-based generator (Salmon et al. 2011). `seed` and `epoch` must not be negative.
    """
    return np.random.Generator(np.random.Philox(key=[seed, epoch], counter=[0, 0, 0, stream])).random(shape)


def crop(images: np.ndarray, draws: Draws, out: Tensor) -> None:
    """Fill `out` (N, size, size, C) with the crops that `draws` describes of images (M, H, W, C); both uint8."""
    size = out.shape[1]
    for cut, row, (top, left), flip in zip(out, *draws, strict=True):
        cut.numpy()[:] = images[row, top : top + size, left : left + size]
        if flip:
            cut.copy_(cut.flip(1))


def to_tensor(images: np.ndarray | Tensor, device: torch.device | str | None = None) -> Tensor:
    """Convert uint8 (N, H, W, 3) to float32 (N, 3, H, W) in [-1, 1], channels-last in memory.

    An array is copied to `device` (by default the CPU); a tensor stays on its device.
    """
    tensor = images if isinstance(images, Tensor) else torch.tensor(images, device=device)
    return tensor.permute(0, 3, 1, 2).float().sub_(127.5).mul_(1 / 127.5)


def to_uint8(images: Tensor) -> np.ndarray:
    """Convert (N, 3, H, W) in [-1, 1], of any float type, to uint8 (N, H, W, 3), rounded to nearest and clamped."""
    levels = ((images.detach().float() + 1) * 127.5).round().clamp(0, 255)
    return levels.to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()


def test_images(prepared: Path) -> tuple[np.ndarray, np.ndarray, list[str], list[str]]:
    """Return (a, b, names of a, names of b) of the test split, in order; a and b are memory-mapped and uint8."""
    test = read_manifest(prepared).test
    return _open(prepared, "test", "A"), _open(prepared, "test", "B"), test["A"].names, test["B"].names


def _open(prepared: Path, split: str, domain: str) -> np.ndarray:
    return read_array(prepared / f"{split}_{domain}.npy")
