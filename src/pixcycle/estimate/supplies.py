"""The datasets and weights that a plan needs: their images and bytes, whether they are present, and their origins."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pixcycle import paths
from pixcycle.base.files import local_path
from pixcycle.base.login import without_login
from pixcycle.params.dataset import Dataset, Source
from pixcycle.plan.names import weights_key
from pixcycle.plan.runs import Data, Plan
from pixcycle.records.fetched import Fetched, fetched_file
from pixcycle.records.manifest import Manifest, manifest_file

Images = dict[str, tuple[int, int]]
"""Split (train or test) -> number of images of domain A and of domain B."""


@dataclass(frozen=True)
class Origin:
    """Origin of a source.

    Attributes
    ----------
    place
        A host, a path, or MODULE/FILE of a package.
    size
        Bytes that the source takes in the project; None if unknown.
    bring
        Instructions for the user to provide it.
    """

    how: Literal["package", "disk", "fetch", "bring"]
    place: str
    size: int | None
    bring: str | None = None


@dataclass(frozen=True)
class Supply:
    """A dataset, or a weights file, from which no arrays are prepared.

    Attributes
    ----------
    there
        True if it has been downloaded.
    raw
        Bytes as downloaded; None if unknown.
    prepared
        Bytes of the prepared arrays, at all sizes that runs need; None if unknown.
    """

    name: str
    there: bool
    origins: list[Origin]
    raw: int | None
    prepared: int | None


def supplies(plan: Plan, images: dict[str, Images | None], root: Path) -> list[Supply]:
    """Return the datasets, then the weights, each in the order of the plan.

    Parameters
    ----------
    images
        Numbers of images, by key of the prepared data.
    root
        The project's folder.
    """
    params = plan.params
    needed = []
    for name in dict.fromkeys(node.dataset for node in plan.data.values()):
        nodes = [node for node in plan.data.values() if node.dataset == name]
        sources = params.datasets[name].sources
        fetched = Fetched.find(fetched_file(root / paths.raw(nodes[0].raw)))
        sizes = [source.size for source in fetched.sources] if fetched else [None] * len(sources)
        origins = [origin(source, size, params.mirror, root) for source, size in zip(sources, sizes, strict=True)]
        raw = total(o.size for o in origins)
        prepared = total(prepared_bytes(node, images[node.key]) for node in nodes)
        needed.append(Supply(name, fetched is not None, origins, raw, prepared))

    weights = params.fetched_weights
    names = [name for run in plan.runs.values() for name in run.weights]
    for name in dict.fromkeys(name for name in names if name in weights):
        file = root / paths.weights(weights_key(params, name, root))
        size = file.stat().st_size if file.exists() else None
        source_origin = origin(weights[name], size, params.mirror, root)
        needed.append(Supply(f"weights {name}", file.exists(), [source_origin], source_origin.size, 0))
    return needed


def count_images(dataset: Dataset, node: Data, root: Path) -> Images | None:
    """Count a dataset's images from the prepared arrays or, before these exist, from the published counts.

    Returns
    -------
    The counts, or None if there are none yet.

    Raises
    ------
    UserError
        If the manifest of the prepared arrays has no counts.
    """
    if manifest := Manifest.find(manifest_file(root / paths.prepared(node.key))):
        return {split: (images["A"].n, images["B"].n) for split, images in manifest.splits.items()}
    return published_images(dataset, node.spec["train_images"], node.spec["test_images"])


def published_images(dataset: Dataset, most_train: int | None = None, most_test: int | None = None) -> Images | None:
    """Return the publisher's counts, limited to `most_train` and `most_test` per domain; None if they are unknown."""
    counts = {}
    for split, most in (("train", most_train), ("test", most_test)):
        a, b = (_published(dataset, dataset.splits.get(split, []), domain) for domain in "AB")
        if not a or not b:
            return None
        counts[split] = (min(a, most or a), min(b, most or b))
    return counts


def prepared_bytes(node: Data, images: Images | None) -> int | None:
    """Return the bytes of the arrays of both splits and domains, without their headers."""
    if images is None:
        return None
    sides = {"train": node.spec["load_size"], "test": node.spec["crop_size"]}
    return sum(3 * side**2 * sum(images[split]) for split, side in sides.items())


def origin(source: Source, recorded: int | None, mirror: str | None, root: Path) -> Origin:
    """Return the origin of a source: its first location that is not a missing local file.

    Parameters
    ----------
    recorded
        Size found when the source was downloaded, used if the source declares none.
    """
    size = source.size or recorded
    for location in source.locations:
        if location.startswith("package:"):
            return Origin("package", location.removeprefix("package:"), 0)
        path = local_path(location, root)
        if path is None:
            host = urlsplit(location).hostname or without_login(location)
            return Origin("fetch", f"{without_login(mirror)}, else {host}" if mirror else host, size)
        if path.exists():
            return Origin("disk", location, 0 if path.is_dir() else path.stat().st_size)
    return Origin("bring", source.locations[0], size, source.bring)


def total(sizes: Iterable[int | None]) -> int | None:
    """Return the sum, or None if any size is unknown."""
    sizes = list(sizes)
    return None if None in sizes else sum(sizes)


def _published(dataset: Dataset, folders: list[str], domain: str) -> int | None:
    """Return the published count of a domain in some folders, where `val` holds both domains and `valA` one."""
    return total(dataset.published.get(folder, dataset.published.get(f"{folder}{domain}")) for folder in folders)
