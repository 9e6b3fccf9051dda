"""One folder of images per domain and split, as the authors of CycleGAN distribute them: trainA/, trainB/, ..."""

from functools import partial
from pathlib import Path

from pixcycle.data.decode import decode
from pixcycle.data.layouts.folders import files, natural, refuse_unmatched, split_folders, stem
from pixcycle.data.layouts.layout import Item, Layout
from pixcycle.params.dataset import Dataset


def _items(name: str, dataset: Dataset, roots: list[Path], part: str) -> dict[str, list[Item]]:
    """Match pairs by name; if every name of a paired dataset ends in its domain, 12_A and 12_B are both called 12."""
    folders = dict(zip("AB", split_folders(name, dataset.layout, roots, part), strict=True))
    of_domain = {domain: files(name, folder) for domain, folder in folders.items()}
    lettered = dataset.paired and all(stem(f).endswith(f"_{domain}") for domain in "AB" for f in of_domain[domain])
    items = {}
    for domain in "AB":
        letter = f"_{domain}" if lettered else ""
        items[domain] = [
            Item(f"{part}{domain}", f"{part}/{stem(f).removesuffix(letter)}", partial(decode, name, f))
            for f in of_domain[domain]
        ]
        items[domain].sort(key=lambda item: natural(item.name))
    if dataset.paired:
        refuse_unmatched(name, {f"{part}{domain}": {item.name for item in items[domain]} for domain in "AB"})
    return items


LAYOUT = Layout(_items)
