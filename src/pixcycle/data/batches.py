"""Batches from prepared arrays: uint8 crops, straight from the memory map, normalised on the device."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from pixcycle.base.errors import UserError
from pixcycle.data.arrays import read_array
from pixcycle.data.draws import Draws, Sampling
from pixcycle.data.epoch_size import size_of_epoch, steps_of_epoch
from pixcycle.params.fields import Augmentation, EpochLength, FlipDraw, LastBatch, PairJitter
from pixcycle.records.manifest import read_manifest


class Batches:
    """The batches of one split of a prepared dataset.

    Each epoch is a new permutation. By default, images that do not fill its last batch are left out, different ones in
    each epoch, because batch norm over a few images would behave differently; a dataset smaller than one batch is one
    smaller batch. The augmentation of image i in epoch e depends on (seed, e, i) alone, not on batch size or other
    images.

    Parameters
    ----------
    prepared
        The folder that `prepare` wrote.
    paired
        Images of a batch belong together, and share crop and flip unless `pair_jitter` is ``independent``. If False,
        each domain has its own order and augmentation.
    epoch_length
        Unpaired domains: ``larger`` for epochs as long as the larger domain, in which the smaller one starts again;
        ``smaller`` for epochs as long as the smaller one, each of which leaves out other images of the larger.
    share
        (i, n) returns the i-th, counted from 0, of n equal parts of each batch.
    pair_jitter, augmentation, flip_draw, shuffle_buffer, last_batch
        As in an experiment.

    Attributes
    ----------
    batch_size
        Number of images of a domain in a batch, other than the last one of an epoch.

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
        pair_jitter: PairJitter = "shared",
        augmentation: Augmentation = "each_epoch",
        flip_draw: FlipDraw = "each_image",
        shuffle_buffer: int | None = None,
        last_batch: LastBatch = "dropped",
    ):
        if paired and not read_manifest(prepared).paired:
            raise UserError(
                f"{prepared} holds an unpaired dataset; choose a method that needs no pairs, such as cyclegan"
            )
        # Opening a map verifies its bytes. Plain views, as slicing a np.memmap takes as long as copying the crop.
        with ThreadPoolExecutor(2) as pool:
            self._arrays = list(pool.map(lambda domain: np.asarray(_open(prepared, split, domain)), "AB"))
        self._crop_size, self._device, self._share = crop_size, torch.device(device), share
        self._sampling = Sampling(seed, crop_size, flip, paired, pair_jitter, augmentation, flip_draw, shuffle_buffer)
        a, b = map(len, self._arrays)
        self.batch_size, self._samples = size_of_epoch((a, b), batch_size, epoch_length, last_batch)
        for start, stop in self._bounds(0) + self._bounds(len(self) - 1):
            if (stop - start) % share[1]:
                what = "batches" if stop - start == self.batch_size else "a last batch"
                raise UserError(f"{prepared}: {share[1]} GPUs cannot share {what} of {stop - start} equally")

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return steps_of_epoch(self.batch_size, self._samples)

    def images(self, steps: int) -> int:
        """Return how many images of each domain the first batches of a training hold, of the one that has fewer."""
        epochs, more = divmod(steps, len(self))
        return epochs * min(self._samples) + more * self.batch_size

    def epoch(self, epoch: int, first: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the batches (a, b) of an epoch: float32 (N, 3, crop_size, crop_size) in [-1, 1], channels-last.

        N is batch_size, or this share of it. In the last batch it may be smaller, and differ between a and b.

        Parameters
        ----------
        first
            Batches to skip, because they were seen before an interruption.
        """
        draws = [self.draws(epoch, domain) for domain in (0, 1)]
        part, parts = self._share
        for batch in range(first, len(self)):
            shares = []
            for of_domain, (start, stop) in zip(draws, self._bounds(batch), strict=True):
                size = (stop - start) // parts
                samples = slice(start + part * size, start + (part + 1) * size)
                shares.append(Draws(*(values[samples] for values in of_domain)))
            crops = self._crops(shares).to(self._device, non_blocking=True)
            a, b = to_tensor(crops).split([len(share.rows) for share in shares])
            yield a, b

    def draws(self, epoch: int, domain: Literal[0, 1]) -> Draws:
        """Return what an epoch shows of a domain (0 is A, 1 is B)."""
        n, side = self._arrays[domain].shape[:2]
        return self._sampling.draws(epoch, domain, n, side, self._samples[domain])

    def _bounds(self, batch: int) -> list[tuple[int, int]]:
        """Return the first sample of a batch, and the one after its last, of each domain."""
        first = batch * self.batch_size
        return [(first, min(first + self.batch_size, samples)) for samples in self._samples]

    def _crops(self, draws: list[Draws]) -> Tensor:
        """Return the crops of A, then those of B: uint8 (N, crop_size, crop_size, 3) on the CPU.

        For a GPU they are in pinned memory, so that the copy to the device is asynchronous.
        """
        sizes = [len(of_domain.rows) for of_domain in draws]
        shape = (sum(sizes), self._crop_size, self._crop_size, 3)
        crops = torch.empty(shape, dtype=torch.uint8, pin_memory=self._device.type == "cuda")
        for images, of_domain, out in zip(self._arrays, draws, crops.split(sizes), strict=True):
            crop(images, of_domain, out)
        return crops


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
