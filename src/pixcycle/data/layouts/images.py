"""List the images of a fetched dataset, in the order in which they are trained on and evaluated."""

import re
from pathlib import Path

from pixcycle.base.errors import UserError
from pixcycle.data.layouts.layout import Item
from pixcycle.data.layouts.registry import LAYOUTS
from pixcycle.params.dataset import Dataset
from pixcycle.records.fetched import Fetched, fetched_file


def images(dataset: Dataset, raw: Path, split: str) -> dict[str, list[Item]]:
    """Return the images of a split of both domains, {"A": [...], "B": [...]}.

    Distributed splits come in the order of ``dataset.splits``, files in natural order (8 before 10).

    Parameters
    ----------
    dataset
        Its layout says where the images of each distributed split are.
    raw
        The folder that `fetch` wrote.
    split
        ``train`` or ``test``.

    Raises
    ------
    UserError
        If the folder does not have the layout that the dataset declares.
    """
    fetched = _fetched(raw)
    name, roots = fetched.dataset, [source.path(raw) for source in fetched.sources]
    layout = LAYOUTS[dataset.layout]
    by_domain: dict[str, list[Item]] = {"A": [], "B": []}
    for part in dataset.splits.get(split, []):
        for domain, items in layout.items(name, dataset, roots, part).items():
            by_domain[domain] += items
    if not by_domain["A"] or not by_domain["B"]:
        raise UserError(f"{name}: no images for {split}; name its folders in datasets.{name}.splits.{split}")
    for item in by_domain["A"] + by_domain["B"]:
        if re.search("[\ud800-\udfff]", item.name):  # undecodable bytes, which neither JSON nor a page can hold
            raise UserError(f"{name}: the name of the image {item.name} ({item.folder}) is not UTF-8; rename the file")
    return by_domain


def _fetched(raw: Path) -> Fetched:
    try:
        return Fetched.read(fetched_file(raw))
    except FileNotFoundError:
        raise UserError(f"{raw} is not a fetched dataset (it has no fetched.json); fetch it first") from None
