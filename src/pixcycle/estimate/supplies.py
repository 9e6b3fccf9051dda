"""The data and weights that a plan needs: how many images and bytes, what is there, where the rest comes from."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pixcycle.errors import UserError
from pixcycle.files import local_path, read_json
from pixcycle.runs import Data, Plan, weights_key
from pixcycle.schema import Dataset, Source

Images = dict[str, tuple[int, int]]
"""Split (train or test) -> images of domain A and of domain B."""


@dataclass(frozen=True)
class Origin:
    """Where a source comes from: place is a host, a path, or MODULE/FILE of a package.

    size: bytes that it takes in the project, None where unknown. bring: what the user is asked to do.
    """

    how: Literal["package", "disk", "fetch", "bring"]
    place: str
    size: int | None
    bring: str | None = None


@dataclass(frozen=True)
class Supply:
    """A dataset, or a file of weights, of which nothing is prepared.

    raw: bytes as fetched; prepared: bytes of its arrays, at all sizes that runs need. None where unknown.
    """

    name: str
    there: bool
    origins: list[Origin]
    raw: int | None
    prepared: int | None


def supplies(plan: Plan, images: dict[str, Images | None], root: Path) -> list[Supply]:
    """The datasets, then the weights, each in the order of the plan. images: by key of the prepared data."""
    params = plan.params
    found = []
    for name in dict.fromkeys(node.dataset for node in plan.data.values()):
        nodes = [node for node in plan.data.values() if node.dataset == name]
        sources = params.datasets[name].sources
        fetched = root / "data/raw" / nodes[0].raw / "fetched.json"
        sizes = [s["size"] for s in read_json(fetched)["sources"]] if fetched.exists() else [None] * len(sources)
        origins = [origin(source, size, params.mirror, root) for source, size in zip(sources, sizes, strict=True)]
        raw = total(o.size for o in origins)
        prepared = total(prepared_bytes(node, images[node.key]) for node in nodes)
        found.append(Supply(name, fetched.exists(), origins, raw, prepared))

    known = params.fetched_weights
    asked = [name for run in plan.runs.values() for name in (run.extractor, run.config.published_weights)]
    for name in dict.fromkeys(name for name in asked if name in known):
        file = root / f"data/weights/{weights_key(params, name, root)}.pth"
        size = file.stat().st_size if file.exists() else None
        comes = origin(known[name], size, params.mirror, root)
        found.append(Supply(f"weights {name}", file.exists(), [comes], comes.size, 0))
    return found


def count_images(dataset: Dataset, node: Data, root: Path) -> Images | None:
    """From the prepared arrays or, before these exist, from the published counts; None if it has none.

    Raises UserError if the arrays' manifest does not tell it.
    """
    prepared = root / "data/prepared" / node.key
    if (prepared / "manifest.json").exists():
        try:
            splits = read_json(prepared / "manifest.json")["splits"]
            return {split: (splits[split]["A"]["n"], splits[split]["B"]["n"]) for split in ("train", "test")}
        except (OSError, ValueError, LookupError, TypeError) as error:
            mistake = f"{prepared}/manifest.json: does not say how many images there are ({error!r})"
            raise UserError(f"{mistake}; remove {prepared}, and it is made again") from None
    return published_images(dataset, node.spec["train_images"], node.spec["test_images"])


def published_images(dataset: Dataset, most_train: int | None = None, most_test: int | None = None) -> Images | None:
    """As its publisher counts them, of each domain so many at most; None if that is not known."""
    counts = {}
    for split, most in (("train", most_train), ("test", most_test)):
        a, b = (_published(dataset, dataset.splits.get(split, []), domain) for domain in "AB")
        if not a or not b:
            return None
        counts[split] = (min(a, most or a), min(b, most or b))
    return counts


def prepared_bytes(node: Data, images: Images | None) -> int | None:
    """Of the arrays of both splits and domains, without their headers."""
    if images is None:
        return None
    sides = {"train": node.spec["load_size"], "test": node.spec["crop_size"]}
    return sum(3 * side**2 * sum(images[split]) for split, side in sides.items())


def origin(source: Source, recorded: int | None, mirror: str | None, root: Path) -> Origin:
    """The first location that does not lack its file; recorded: the size that was found when it was fetched."""
    size = source.size or recorded
    for location in source.locations:
        if location.startswith("package:"):
            return Origin("package", location.removeprefix("package:"), 0)
        path = local_path(location, root)
        if path is None:
            host = urlsplit(location).hostname or location
            return Origin("fetch", f"{mirror}, else {host}" if mirror else host, size)
        if path.exists():
            return Origin("disk", location, 0 if path.is_dir() else path.stat().st_size)
    return Origin("bring", source.locations[0], size, source.bring)


def total(sizes: Iterable[int | None]) -> int | None:
    """The sum, or None if one is unknown."""
    sizes = list(sizes)
    return None if None in sizes else sum(sizes)


def _published(dataset: Dataset, folders: list[str], domain: str) -> int | None:
    """`val` counts for each domain, `valA` for one."""
    return total(dataset.published.get(folder, dataset.published.get(f"{folder}{domain}")) for folder in folders)
