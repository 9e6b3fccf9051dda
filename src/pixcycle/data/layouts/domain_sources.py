"""Pairs in two archives, one for each domain, without splits: `held_out` pairs, the last by name, are for the test."""

from functools import partial
from pathlib import Path

from pixcycle.base.errors import UserError
from pixcycle.data.decode import decode, image_files
from pixcycle.data.layouts.folders import files, folders_below, refuse_unmatched, stem
from pixcycle.data.layouts.layout import Item, Layout
from pixcycle.params.dataset import Dataset


def _items(name: str, dataset: Dataset, roots: list[Path], part: str) -> dict[str, list[Item]]:
    where = f"{name}: datasets.{name}"
    if len(roots) != 2:
        raise UserError(f"{where}.sources: must be two, first that of domain A; has {len(roots)}")
    if part not in ("train", "test"):
        raise UserError(f"{where}.splits: must be named train, test with this layout; has '{part}'")
    by_domain = {domain: files(name, _folder(name, root)) for domain, root in zip("AB", roots, strict=True)}
    refuse_unmatched(name, {str(roots[i]): {stem(f) for f in by_domain[domain]} for i, domain in enumerate("AB")})
    n = len(by_domain["A"])
    if not 0 < dataset.held_out < n:
        raise UserError(f"{where}.held_out: must be 1 to {n - 1}, as there are {n} pairs; is {dataset.held_out}")
    chosen = slice(n - dataset.held_out) if part == "train" else slice(n - dataset.held_out, None)
    return {
        domain: [Item(f"{part}{domain}", f"{part}/{stem(f)}", partial(decode, name, f)) for f in paths[chosen]]
        for domain, paths in by_domain.items()
    }


def _folder(name: str, root: Path) -> Path:
    """Return the folder of a source that holds its images, at any of the usual depths."""
    found = [folder for folder in (root, *folders_below(root)) if folder.is_dir() and image_files(name, folder)]
    if len(found) != 1:
        listed = f": {', '.join(map(str, found[:3]))}" if found else ""
        raise UserError(f"{name}: {root} must hold all its images in one folder; {len(found)} folders do{listed}")
    return found[0]


LAYOUT = Layout(_items)
