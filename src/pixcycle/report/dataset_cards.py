"""Dataset cards: image counts beside published counts, duplicates, grey images, sizes."""

from typing import Any

from pixcycle.records.manifest import Duplicates, Listed, Manifest, Sizes
from pixcycle.report.content import Block, Bullets, Cell, Column, Table
from pixcycle.report.values import Values

COUNTS = [Column("Folder", numeric=False), Column("Published"), Column("Found"), Column("Difference")]


def cards(values: Values) -> list[Block]:
    """Return a table of counts and a list of remarks for each prepared dataset."""
    blocks: list[Block] = []
    alike: list[tuple[Manifest, list[str]]] = []
    for key, manifest in values.manifests.items():
        keys = next((keys for other, keys in alike if _same(other, manifest)), None)
        if keys is None:
            alike.append((manifest, [key]))
        else:
            keys.append(key)
    for manifest, keys in alike:
        used = dict.fromkeys(run.asked_dataset for run in values.all_runs if run.data in keys)
        dataset = values.plan.params.datasets[manifest.dataset]
        card = manifest.card
        title = f"Dataset card of {dataset.title} (A: {dataset.domains[0]}, B: {dataset.domains[1]})"
        rows = [_count(folder, n.found, dataset.published.get(folder)) for folder, n in card.counts.items()]
        blocks.append(Table(f"card-{keys[0]}", title, COUNTS, rows))
        remarks = [
            ("Prepared", _each(card.images, lambda n: _each(n, str))),
            ("Sizes as distributed", _each(card.sizes, _sizes)),
            ("Exact duplicates", _each(card.duplicates, _duplicates)),
            ("Grey images", _each(card.grey, _numbered)),
            ("Licence", f"{dataset.licence}."),
            ("Used as" if manifest.dataset in used else "Stands for", f"{', '.join(used)}."),
        ]
        if card.turned:
            remarks.insert(-2, ("Turned by EXIF in viewers, here as stored", _each(card.turned, _numbered)))
        blocks.append(Bullets(remarks))
    return blocks


def _same(one: Manifest, other: Manifest) -> bool:
    """Return whether the same images were prepared, possibly at different sizes, so that one card is enough."""
    return (one.dataset, one.card) == (other.dataset, other.card)


def _count(folder: str, found: int, published: int | None) -> list[Cell]:
    comparison = (
        ["–", "–"] if published is None else [str(published), f"{found - published:+d}" if found != published else "0"]
    )
    return [Cell(folder), Cell(comparison[0], "published"), Cell(str(found)), Cell(comparison[1])]


def _each(parts: dict[str, Any], describe) -> str:
    """Return `A 400; B 400`, with the text that `describe` returns for each part."""
    return "; ".join(f"{name} {describe(part)}" for name, part in parts.items())


def _sizes(sizes: Sizes) -> str:
    smallest, largest = (f"{width} × {height}" for width, height in (sizes.smallest, sizes.largest))
    return smallest if sizes.distinct == 1 else f"{smallest} to {largest}"


def _duplicates(places: dict[str, Duplicates]) -> str:
    repeated = {place: found for place, found in places.items() if found.groups}
    if not repeated:
        return "none"
    where = {place: place if place.startswith("across") else f"within {place}" for place in repeated}
    return ", ".join(
        f"{found.images} images in {found.groups} groups {where[place]}"
        f"{_such_as([' = '.join(names) for names in found.names])}"
        for place, found in repeated.items()
    )


def _numbered(images: Listed) -> str:
    return f"{images.total}{_such_as(images.names)}"


def _such_as(names: list[str], most: int = 3) -> str:
    if not names:
        return ""
    return f" ({', '.join(names[:most])}{', …' if len(names) > most else ''})"
