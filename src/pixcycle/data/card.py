"""The dataset card: what a reader should know of the images before believing a number computed from them."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image

LISTED = 20
"""At most so many names or groups are listed; totals count them all."""


@dataclass(frozen=True)
class Facts:
    """What the card needs of one image."""

    split: str
    domain: str
    name: str
    size: tuple[int, int]
    """Width and height as distributed, in pixels."""
    digest: str
    """sha256 of its size and pixels: equal for exact duplicates, however they were compressed."""
    grey: bool
    """Whether R = G = B in every pixel."""
    file_type: str | None = None
    """`jpeg` or `png`, as what it was distributed; None for what was drawn here."""
    turned: bool = False
    """Whether viewers show it turned or mirrored, as EXIF asks; nothing is turned here."""


def facts(image: Image.Image, split: str, domain: str, name: str) -> Facts:
    """Look at one RGB image, as `decode` made it."""
    pixels = np.asarray(image)
    digest = hashlib.sha256(repr(image.size).encode())
    digest.update(pixels)
    red, green, blue = np.moveaxis(pixels, -1, 0)
    grey = np.array_equal(red, green) and np.array_equal(green, blue)
    turned = image.info.get("orientation", 1) != 1
    return Facts(split, domain, name, image.size, digest.hexdigest(), grey, image.info.get("file_type"), turned)


def card(images: Iterable[Facts], counts: Mapping[str, Mapping[str, int | None]]) -> dict[str, Any]:
    """The card as JSON-able data.

    images: those that were prepared, of all splits and domains.
    counts: {folder: {"found": images in it, "published": images its publisher counts, or None}}.

    Returns
    - counts: as given, with the difference found - published (None where nothing is published);
    - images: {split: {domain: number looked at}};
    - sizes: {domain: {"smallest", "largest" (by area), "most_common": [width, height], "distinct": number}};
    - grey: {domain: {"total", "names"}};
    - turned: the same of what viewers show turned or mirrored, only where there are such images;
    - duplicates: {domain: {place: {"groups", "images": those in the groups, "names": [[equal ones], ...]}}};
      a place is a split, for groups that lie within it, or "across splits".
    """
    by_domain: dict[str, list[Facts]] = defaultdict(list)
    for image in images:
        by_domain[image.domain].append(image)
    looked_at: dict[str, dict[str, int]] = defaultdict(dict)
    for domain, members in by_domain.items():
        for split, number in Counter(image.split for image in members).items():
            looked_at[split][domain] = number
    turned = {domain: _such(members, "turned") for domain, members in by_domain.items()}
    return {
        "counts": {folder: {**count, "difference": _difference(**count)} for folder, count in counts.items()},
        "images": dict(looked_at),
        "sizes": {domain: _sizes(members) for domain, members in by_domain.items()},
        "grey": {domain: _such(members, "grey") for domain, members in by_domain.items()},
        **({"turned": turned} if any(each["total"] for each in turned.values()) else {}),
        "duplicates": {domain: _duplicates(members) for domain, members in by_domain.items()},
    }


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


def _such(images: list[Facts], what: Literal["grey", "turned"]) -> dict[str, Any]:
    names = [image.name for image in images if getattr(image, what)]
    return {"total": len(names), "names": names[:LISTED]}


def _duplicates(images: list[Facts]) -> dict[str, Any]:
    equal: dict[str, list[Facts]] = defaultdict(list)
    for image in images:
        equal[image.digest].append(image)
    places: dict[str, list[list[str]]] = {split: [] for split in dict.fromkeys(i.split for i in images)}
    places["across splits"] = []
    for group in equal.values():
        if len(group) > 1:
            splits = {image.split for image in group}
            place = "across splits" if len(splits) > 1 else group[0].split
            places[place].append([image.name for image in group])
    return {
        place: {"groups": len(groups), "images": sum(map(len, groups)), "names": groups[:LISTED]}
        for place, groups in places.items()
    }
