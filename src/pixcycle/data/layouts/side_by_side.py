"""Pairs as the authors of pix2pix distribute them: SPLIT/N.jpg, image A on the left, image B on the right."""

from functools import partial
from pathlib import Path

from PIL import Image

from pixcycle.base.errors import UserError
from pixcycle.data.decode import decode
from pixcycle.data.layouts.folders import files, split_folders, stem
from pixcycle.data.layouts.layout import Item, Layout
from pixcycle.params.dataset import Dataset


def _items(name: str, dataset: Dataset, roots: list[Path], part: str) -> dict[str, list[Item]]:
    [folder] = split_folders(name, dataset.layout, roots, part)
    pairs = files(name, folder)

    def half(path: Path, side: int) -> Image.Image:
        whole = decode(name, path)
        width, height = whole.size
        if width % 2 or height % 2:
            raise UserError(f"{name}: {path} is {width}x{height}; two images side by side have even sizes")
        return whole.crop((side * width // 2, 0, (side + 1) * width // 2, height))

    return {
        domain: [Item(part, f"{part}/{stem(f)}", partial(half, f, side)) for f in pairs]
        for side, domain in enumerate("AB")
    }


LAYOUT = Layout(_items)
