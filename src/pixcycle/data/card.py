"""The dataset card: what a reader should know about the images before trusting a number computed from them."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from pixcycle.records.manifest import Card, Count, Duplicates, Listed, Sizes

LISTED = 20
"""Maximum number of names or groups in a list; totals count all of them."""


@dataclass(frozen=True)
class Facts:
    """Properties of one image that the card reports.

    Attributes
    ----------
    size
        Width and height as distributed, in pixels.
    digest
        sha256 of size and pixels: equal for exact duplicates, whatever their compression.
    grey
        True if R = G = B in every pixel.
    file_type
        Type of the distributed file, ``jpeg`` or ``png``; None for images that pixcycle draws.
    turned
        True if viewers rotate or mirror the image, as its EXIF orientation asks. pixcycle does not.
    """

    split: str
    domain: str
    name: str
    size: tuple[int, int]
    digest: str
    grey: bool
    file_type: str | None = None
    turned: bool = False


def facts(image: Image.Image, split: str, domain: str, name: str) -> Facts:
    """Return the facts about one RGB image that `decode` returned."""
    pixels = np.asarray(image)
    digest = hashlib.sha256(repr(image.size).encode())
    digest.update(pixels)
    red, green, blue = np.moveaxis(pixels, -1, 0)
    grey = np.array_equal(red, green) and np.array_equal(green, blue)
    turned = image.info.get("orientation", 1) != 1
    return Facts(split, domain, name, image.size, digest.hexdigest(), grey, image.info.get("file_type"), turned)


def card(images: Iterable[Facts], counts: Mapping[str, Count]) -> Card:
    """Return the card.

    Parameters
    ----------
    images
        Facts about the prepared images of all splits and domains.
    counts
        Number of images in each folder as distributed.
    """
    by_domain: dict[str, list[Facts]] = defaultdict(list)
    for image in images:
        by_domain[image.domain].append(image)
    numbers: dict[str, dict[str, int]] = defaultdict(dict)
    for domain, members in by_domain.items():
        for split, number in Counter(image.split for image in members).items():
            numbers[split][domain] = number
    turned = {domain: _with_property(members, "turned") for domain, members in by_domain.items()}
    return Card(
        counts=counts,
        images=numbers,
        sizes={domain: _sizes(members) for domain, members in by_domain.items()},
        grey={domain: _with_property(members, "grey") for domain, members in by_domain.items()},
        turned=turned if any(listed.total for listed in turned.values()) else {},
        duplicates={domain: _duplicates(members) for domain, members in by_domain.items()},
    )


def count(found: int, published: int | None) -> Count:
    """Return a folder's number of images beside its publisher's count."""
    return Count(found=found, published=published, difference=None if published is None else found - published)


def _sizes(images: list[Facts]) -> Sizes:
    numbers = Counter(image.size for image in images)
    by_area = sorted(numbers, key=lambda size: (size[0] * size[1], size))
    most_common, _ = numbers.most_common(1)[0]
    return Sizes(smallest=by_area[0], largest=by_area[-1], most_common=most_common, distinct=len(numbers))


def _with_property(images: list[Facts], field: Literal["grey", "turned"]) -> Listed:
    names = [image.name for image in images if getattr(image, field)]
    return Listed(total=len(names), names=names[:LISTED])


def _duplicates(images: list[Facts]) -> dict[str, Duplicates]:
    by_digest: dict[str, list[Facts]] = defaultdict(list)
    for image in images:
        by_digest[image.digest].append(image)
    places: dict[str, list[list[str]]] = {split: [] for split in dict.fromkeys(i.split for i in images)}
    places["across splits"] = []
    for group in by_digest.values():
        if len(group) > 1:
            splits = {image.split for image in group}
            place = "across splits" if len(splits) > 1 else group[0].split
            places[place].append([image.name for image in group])
    return {
        place: Duplicates(groups=len(groups), images=sum(map(len, groups)), names=groups[:LISTED])
        for place, groups in places.items()
    }
