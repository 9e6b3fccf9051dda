"""Dataset cards: counts against published counts, duplicates, grey images, sizes."""

from typing import Any

from pixcycle.report.content import Block, Bullets, Cell, Column, Table
from pixcycle.report.values import Values

COUNTS = [Column("Folder", numeric=False), Column("Published"), Column("Found"), Column("Difference")]


def cards(values: Values) -> list[Block]:
    """A table of counts and a list of remarks for each prepared dataset."""
    blocks: list[Block] = []
    alike: list[tuple[dict[str, Any], list[str]]] = []
    for key, manifest in values.manifests.items():
        keys = next((keys for other, keys in alike if _same(other, manifest)), None)
        if keys is None:
            alike.append((manifest, [key]))
        else:
            keys.append(key)
    for manifest, keys in alike:
        used = dict.fromkeys(run.asked_dataset for run in values.all_runs if run.data in keys)
        dataset = values.plan.params.datasets[manifest["dataset"]]
        card = manifest["card"]
        title = f"Dataset card of {dataset.title} (A: {dataset.domains[0]}, B: {dataset.domains[1]})"
        rows = [_count(folder, n["found"], dataset.published.get(folder)) for folder, n in card["counts"].items()]
        blocks.append(Table(f"card-{keys[0]}", title, COUNTS, rows))
        remarks = [
            ("Prepared", _each(card["images"], lambda n: _each(n, str))),
            ("Sizes as distributed", _each(card["sizes"], _sizes)),
            ("Exact duplicates", _each(card["duplicates"], _duplicates)),
            ("Grey images", _each(card["grey"], _numbered)),
            ("Licence", f"{dataset.licence}."),
            ("Used as" if manifest["dataset"] in used else "Stands for", f"{', '.join(used)}."),
        ]
        if "turned" in card:
            remarks.insert(-2, ("Turned by EXIF in viewers, here as stored", _each(card["turned"], _numbered)))
        blocks.append(Bullets(remarks))
    return blocks


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether the same images were prepared, if at other sizes: they need one card."""
    return (one["dataset"], one["card"]) == (other["dataset"], other["card"])


def _count(folder: str, found: int, published: int | None) -> list[Cell]:
    told = (
        ["–", "–"] if published is None else [str(published), f"{found - published:+d}" if found != published else "0"]
    )
    return [Cell(folder), Cell(told[0], "published"), Cell(str(found)), Cell(told[1])]


def _each(parts: dict[str, Any], tell) -> str:
    """`train: A 400, B 400; test: A 206, B 206`."""
    return "; ".join(f"{name} {tell(part)}" for name, part in parts.items())


def _sizes(sizes: dict[str, Any]) -> str:
    shown = {name: f"{w} × {h}" for name in ("smallest", "largest") for w, h in [sizes[name]]}
    return shown["smallest"] if sizes["distinct"] == 1 else f"{shown['smallest']} to {shown['largest']}"


def _duplicates(places: dict[str, Any]) -> str:
    found = {place: group for place, group in places.items() if group["groups"]}
    if not found:
        return "none"
    where = {place: place if place.startswith("across") else f"within {place}" for place in found}
    return ", ".join(
        f"{group['images']} images in {group['groups']} groups {where[place]}"
        f"{_such_as([' = '.join(names) for names in group['names']])}"
        for place, group in found.items()
    )


def _numbered(such: dict[str, Any]) -> str:
    return f"{such['total']}{_such_as(such['names'])}"


def _such_as(names: list[str], most: int = 3) -> str:
    if not names:
        return ""
    return f" ({', '.join(names[:most])}{', …' if len(names) > most else ''})"
