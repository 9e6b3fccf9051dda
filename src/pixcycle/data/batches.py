"""From prepared arrays to batches: crops as bytes, straight from the memory map, normalised on the device."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from pixcycle.data.arrays import read_array
from pixcycle.errors import UserError
from pixcycle.files import read_json
from pixcycle.scalars import EpochLength

ORDER, AUGMENTATION = 0, 1
"""The independent random streams of one domain in one epoch."""


class Draws(NamedTuple):
    """Which images of a domain are shown, in this order, and how."""

    rows: np.ndarray
    """(N,) places in the domain's array."""
    corners: np.ndarray
    """(N, 2) first row and first column of the crop."""
    flips: np.ndarray
    """(N,) bool, whether the crop is mirrored left and right."""


class Batches:
    """The batches of one split of a prepared dataset.

    paired: whether the images of a batch belong together, and then share crop and flip. Otherwise each domain
    has its own order and augmentation; an epoch is as long as the larger one, and the smaller starts again, or
    (epoch_length) as long as the smaller one, and others of the larger are left out each time.

    Each epoch is a new permutation. Images that do not fill its last batch are left out (others each time;
    batch norm over a few images would be another thing), except where they are all there is.
    The augmentation of image i in epoch e depends on (seed, e, i) alone, not on batch size or other images.
    share: (i, n) delivers the i-th, counted from 0, of n equal parts of each batch.
    Raises UserError if pairs are asked of an unpaired dataset, or if a batch has no n equal parts.
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
        if paired and not read_json(prepared / "manifest.json", "paired")["paired"]:
            raise UserError(f"{prepared} holds an unpaired dataset; only cyclegan can be trained on it")
        # Plain views of the maps: slicing a np.memmap takes as long as copying the crop.
        self._arrays = [np.asarray(_open(prepared, split, domain)) for domain in "AB"]
        self._crop_size, self._flip, self._paired = crop_size, flip, paired
        self._seed, self._device = seed, torch.device(device)
        self._samples = {"larger": max, "smaller": min}[epoch_length](map(len, self._arrays))
        self.batch_size = min(batch_size, self._samples)
        part, parts = share
        if self.batch_size % parts:
            raise UserError(f"{prepared} fills batches of {self.batch_size}, which {parts} cards cannot share equally")
        self._part, self._part_size = part, self.batch_size // parts

    def __len__(self) -> int:
        """Batches in an epoch."""
        return self._samples // self.batch_size

    def epoch(self, epoch: int, first: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches (a, b) of an epoch: float32 (N, 3, crop_size, crop_size) in [-1, 1], channels-last.

        first: how many of them are left out, as they were seen already. N: batch_size, or the share of it.
        """
        draws = [self.draws(epoch, domain) for domain in (0, 1)]
        for batch in range(first, len(self)):
            first = batch * self.batch_size + self._part * self._part_size
            these = slice(first, first + self._part_size)
            crops = self._crops([Draws(*(values[these] for values in domain)) for domain in draws])
            a, b = to_tensor(crops.to(self._device, non_blocking=True)).chunk(2)
            yield a, b

    def draws(self, epoch: int, domain: Literal[0, 1]) -> Draws:
        """What an epoch shows of a domain (0 is A): the same of both, if paired.

        Image i is row i in the first round through the domain, n + i in the second, and so on.
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
        """The crops of A, then those of B: uint8 (2N, crop_size, crop_size, 3) on the CPU.

        For a GPU they lie in pinned memory, from which they are copied while the CPU goes on.
        """
        shape = (2 * self._part_size, self._crop_size, self._crop_size, 3)
        crops = torch.empty(shape, dtype=torch.uint8, pin_memory=self._device.type == "cuda")
        for images, of_domain, out in zip(self._arrays, draws, crops.chunk(2), strict=True):
            crop(images, of_domain, out)
        return crops


def uniform(seed: int, epoch: int, stream: int, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers in [0, 1), each a function of seed, epoch, stream and its place in the array alone.

    From Philox, which counts instead of carrying a state on (Salmon et al. 2011). seed and epoch: at least 0.
    """
    return np.random.Generator(np.random.Philox(key=[seed, epoch], counter=[0, 0, 0, stream])).random(shape)


def crop(images: np.ndarray, draws: Draws, out: Tensor) -> None:
    """Cut `out` (N, size, size, C) out of images (M, H, W, C), each at its own place; uint8."""
    size = out.shape[1]
    for cut, row, (top, left), flip in zip(out, *draws, strict=True):
        cut.numpy()[:] = images[row, top : top + size, left : left + size]
        if flip:
            cut.copy_(cut.flip(1))


def to_tensor(images: np.ndarray | Tensor, device: torch.device | str | None = None) -> Tensor:
    """uint8 (N, H, W, 3) in 0..255 to float32 (N, 3, H, W) in [-1, 1], channels-last in memory.

    An array is copied to the device (the CPU where none is given); a tensor stays where it is.
    """
    tensor = images if isinstance(images, Tensor) else torch.tensor(images, device=device)
    return tensor.permute(0, 3, 1, 2).float().sub_(127.5).mul_(1 / 127.5)


def to_uint8(images: Tensor) -> np.ndarray:
    """(N, 3, H, W) in [-1, 1], any float type, to uint8 (N, H, W, 3): rounded to the nearest and clamped."""
    levels = ((images.detach().float() + 1) * 127.5).round().clamp(0, 255)
    return levels.to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()


def test_images(prepared: Path) -> tuple[np.ndarray, np.ndarray, list[str], list[str]]:
    """(a, b, names of a, names of b) of the test split, in order; images are memory-mapped, as prepared."""
    names = read_json(prepared / "manifest.json", "splits")["splits"]["test"]
    return (
        _open(prepared, "test", "A"),
        _open(prepared, "test", "B"),
        names["A"]["names"],
        names["B"]["names"],
    )


def _open(prepared: Path, split: str, domain: str) -> np.ndarray:
    return read_array(prepared / f"{split}_{domain}.npy")
