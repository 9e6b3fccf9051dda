"""Training pairs as the authors' PyTorch code loads them: each file is opened and resized on access."""

import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as transforms

Place = tuple[int, int, bool]
"""(top, left, mirror) of a crop."""


class SideBySide(Dataset):
    """Pairs from files with A on the left and B on the right.

    Both halves are resized, cropped and mirrored alike, and normalised to [-1, 1].

    Parameters
    ----------
    place
        Returns the crop of the image at an index; random crops by default.
    """

    def __init__(
        self,
        files: list[Path],
        load_size: int,
        crop_size: int,
        resize: InterpolationMode = InterpolationMode.BICUBIC,
        place: Callable[[int], Place] | None = None,
    ):
        self.files, self.load_size, self.crop_size, self.resize = files, load_size, crop_size, resize
        self.place = place or self.random_place

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Return (a, b), each float32 (3, crop_size, crop_size)."""
        pair = Image.open(self.files[index]).convert("RGB")
        width, height = pair.size
        top, left, mirror = self.place(index)
        tensors = []
        for box in ((0, 0, width // 2, height), (width // 2, 0, width, height)):
            image = transforms.resize(pair.crop(box), [self.load_size, self.load_size], self.resize)
            image = transforms.crop(image, top, left, self.crop_size, self.crop_size)
            image = transforms.hflip(image) if mirror else image
            tensors.append(transforms.normalize(transforms.to_tensor(image), [0.5] * 3, [0.5] * 3))
        a, b = tensors
        return a, b

    def random_place(self, index: int) -> Place:
        margin = self.load_size - self.crop_size
        return random.randint(0, margin), random.randint(0, margin), random.random() > 0.5


def batches(
    dataset: SideBySide,
    batch_size: int,
    workers: int,
    device: torch.device | str,
    order: Iterable[int] | None = None,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the batches of an epoch on the device, shuffled unless an order is given; drop the last incomplete one."""
    loader = DataLoader(dataset, batch_size, shuffle=order is None, sampler=order, num_workers=workers, drop_last=True)
    for a, b in loader:
        yield a.to(device), b.to(device)
