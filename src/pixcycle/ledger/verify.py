"""Verify every node on the disk: its files against their checksums, and its record against what it was made from."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pixcycle import paths
from pixcycle.base.checksums import SUMS, file_md5, file_sha256, how_to_restore, problems
from pixcycle.base.errors import UserError
from pixcycle.data.arrays import read_array
from pixcycle.data.fetch.digest import folder_digest
from pixcycle.ledger.agreement import Step, disagree
from pixcycle.ledger.referenced import names
from pixcycle.params.schema import Params
from pixcycle.paths import Node
from pixcycle.plan.runs import Run
from pixcycle.records.features import FeaturesRecord
from pixcycle.records.fetched import Fetched, fetched_file
from pixcycle.records.manifest import Manifest, manifest_file
from pixcycle.records.metrics import Measured, SegmenterRecord
from pixcycle.records.run import RunRecord, run_file
from pixcycle.records.translated import Translations, translations_file

_STEPS: dict[str, Step] = {"run": "train", "translated": "translate", "metrics": "evaluate"}


@dataclass(frozen=True)
class Verified:
    """A node on the disk.

    Attributes
    ----------
    problems
        A sentence, naming the file, for each thing that is not as recorded.
    recorded
        False if an older version made the node and recorded no checksums.
    """

    node: Node
    problems: list[str]
    recorded: bool


def nodes(root: Path) -> list[Node]:
    """Return all finished nodes of a project."""
    return [node for node in (*paths.inputs(root), *paths.results(root)) if not node.suffix]


def verify(of_nodes: Iterable[Node], params: Params, root: Path) -> Iterator[Verified]:
    """Verify nodes in turn. Every file is read; images of a dataset that lie in a folder of the user's, too."""
    plans = names(params, root).plans.values()
    runs = {path: run for plan in plans for run in plan.runs.values() for path in _results(run)}
    for node in of_nodes:
        try:
            found = [*_content(node, params, root), *_agreement(node, runs.get(node.path), root)]
        except FileNotFoundError as error:
            found = [f"{error.filename} is missing; remove {root / node.path}, and it will be rebuilt"]
        except UserError as error:
            found = [str(error)]
        yield Verified(node, found, _has_checksums(node, root))


def _results(run: Run) -> tuple[str, str, str]:
    return run.folder, run.translated, run.metrics


def _has_checksums(node: Node, root: Path) -> bool:
    folder = root / node.path
    return node.kind in ("raw", "features", "metrics", "weights") or (folder / SUMS).exists()


def _content(node: Node, params: Params, root: Path) -> Iterator[str]:
    """Yield what is not as the node's own record says."""
    path = root / node.path
    if node.kind == "raw":
        for source in Fetched.read(fetched_file(path)).sources:
            files = source.path(path, root)
            content = folder_digest(files, cache=None)
            if source.content and content != source.content:
                yield f"{files}: its content is {content[:8]}…, not {source.content[:8]}…; {how_to_restore(path)}"
    elif node.kind == "prepared":
        yield from problems(path)
        for split, domains in Manifest.read(manifest_file(path)).splits.items():
            for domain, images in domains.items():
                if len(read_array(path / f"{split}_{domain}.npy")) != images.n:
                    yield f"{path}/{split}_{domain}.npy does not hold {images.n} images; {how_to_restore(path)}"
    elif node.kind == "features":
        yield from _features(path, root)
    elif node.kind == "segmenters":
        SegmenterRecord.read(path / "segmenter.json")
        yield from problems(path)
    elif node.kind == "weights":
        source = params.fetched_weights.get(node.dataset)
        if source and source.sha256 and file_sha256(path) != source.sha256:
            yield f"{path} is not the declared file (its sha256 differs); {how_to_restore(path)}"
        if source and source.md5 and file_md5(path) != source.md5:
            yield f"{path} is not the declared file (its md5 differs); {how_to_restore(path)}"
    elif node.kind == "run":
        RunRecord.read(run_file(path))
        yield from problems(path)
    elif node.kind == "translated":
        Translations.find(translations_file(path))
        yield from problems(path)
    elif node.kind == "metrics":
        Measured.read(path)


def _features(path: Path, root: Path) -> Iterator[str]:
    record = FeaturesRecord.read(path / "features.json")
    data = re.sub(r"-(inception-v3|efficientnet-lite0)-[0-9a-f]{8}$", "", path.name)
    manifest = Manifest.find(manifest_file(root / paths.prepared(data)))
    for domain, of_domain in (("A", record.A), ("B", record.B)):
        if file_sha256(path / f"{domain}.npy") != of_domain.sha256:
            yield f"{path}/{domain}.npy: is not what was written; {how_to_restore(path)}"
        if manifest and manifest.test[domain].sha256 != of_domain.images_sha256:
            prepared = root / paths.prepared(data)
            yield f"{path}: was computed from other images than those in {prepared}; {how_to_restore(path)}"


def _agreement(node: Node, run: Run | None, root: Path) -> Iterator[str]:
    """Yield in what a node that params name does not agree with them, and with the nodes that it was made from."""
    if run is None:
        return
    yield from disagree(run, root, _STEPS[node.kind])
    record = RunRecord.find(run_file(root / node.path)) if node.kind == "run" else None
    manifest = Manifest.find(manifest_file(root / run.prepared))
    if record and manifest and record.images_sha256 not in ({}, manifest.sha256("train")):
        yield f"{root / node.path} was trained on other images than those in {root / run.prepared}"
