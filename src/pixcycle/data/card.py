"""The dataset card: what a reader should know about the images before trusting a number computed from them."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image

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


def card(images: Iterable[Facts], counts: Mapping[str, Mapping[str, int | None]]) -> dict[str, Any]:
    """Return the card as data that can be written as JSON.

    Parameters
    ----------
    images
        Facts about the prepared images of all splits and domains.
    counts
        {folder: {"found": images in it, "published": images that its publisher counts, or None}}.

    Returns
    -------
    dict
        - counts: the argument, with the difference found - published (None where nothing is published);
        - images: {split: {domain: number of images}};
        - sizes: {domain: {"smallest", "largest" (by area), "most_common": [width, height], "distinct": number}};
        - grey: {domain: {"total", "names"}};
        - turned: the same for images that viewers rotate or mirror; absent if there are none;
        - duplicates: {domain: {place: {"groups", "images": number in all groups, "names": [[equal images], ...]}}},
          where a place is a split, for groups within it, or "across splits".
    """
    by_domain: dict[str, list[Facts]] = defaultdict(list)
    for image in images:
        by_domain[image.domain].append(image)
    numbers: dict[str, dict[str, int]] = defaultdict(dict)
    for domain, members in by_domain.items():
        for split, number in Counter(image.split for image in members).items():
            numbers[split][domain] = number
    content = {
        "counts": {folder: {**count, "difference": _difference(**count)} for folder, count in counts.items()},
        "images": dict(numbers),
        "sizes": {domain: _sizes(members) for domain, members in by_domain.items()},
        "grey": {domain: _with_property(members, "grey") for domain, members in by_domain.items()},
    }
    turned = {domain: _with_property(members, "turned") for domain, members in by_domain.items()}
    if any(listed["total"] for listed in turned.values()):
        content["turned"] = turned
    content["duplicates"] = {domain: _duplicates(members) for domain, members in by_domain.items()}
    return content


def _difference(found: int, published: int | None) -> int | None:
    return None if published is None else found - published


def _sizes(images: list[Facts]) -> dict[str, Any]:
    numbers = Counter(image.size for image in images)
    by_area = sorted(numbers, key=lambda size: (size[0] * size[1], size))
    return {
        "smallest": list(by_area[0]),
        "largest": list(by_area[-1]),
        "most_common": list(numbers.most_common(1)[0][0]),
        "distinct": len(numbers),
    }


def _with_property(images: list[Facts], field: Literal["grey", "turned"]) -> dict[str, Any]:
    names = [image.name for image in images if getattr(image, field)]
    return {"total": len(names), "names": names[:LISTED]}


def _duplicates(images: list[Facts]) -> dict[str, Any]:
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
        place: {"groups": len(groups), "images": sum(map(len, groups)), "names": groups[:LISTED]}
        for place, groups in places.items()
    }
