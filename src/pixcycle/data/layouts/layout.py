"""The interface of a dataset layout: how to find the images of both domains, and which ones form a pair."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from pixcycle.params.dataset import Dataset


@dataclass(frozen=True)
class Item:
    """One image of one domain.

    Attributes
    ----------
    folder
        The distributed folder under which the image is counted: ``val``, or ``trainA``.
    name
        Distributed split and file name without its suffix, such as ``val/8``; equal for the two images of a pair.
        In Unicode's composed form (NFC), because macOS and Linux write the same accented name in different ways.
    open
        Returns the RGB image at its own size. Raises UserError, naming dataset and file, if it cannot be read.
    """

    folder: str
    name: str
    open: Callable[[], Image.Image]


@dataclass(frozen=True)
class Layout:
    """A layout, called like the file of this folder that defines it.

    Attributes
    ----------
    items
        ``items(name, dataset, roots, split)`` returns the images of one distributed split of both domains, in
        natural order. ``name`` is the dataset's key, for error messages; ``roots`` are the fetched sources. Raises
        UserError if the sources do not have this layout.
    domains_choose
        True if the names of the domains select images, rather than only being shown to readers.
    """

    items: Callable[[str, Dataset, list[Path], str], dict[str, list[Item]]]
    domains_choose: bool = False
