"""Garbage collection: find nodes on disk that params.yaml does not name, and remove them."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from pixcycle import paths
from pixcycle.base.file_lock import in_use, only_one
from pixcycle.ledger.made_from import runs_behind
from pixcycle.ledger.ours import is_ours, touches
from pixcycle.ledger.referenced import Names, names
from pixcycle.ledger.staleness import why_stale
from pixcycle.params.schema import Params
from pixcycle.paths import GONE, Node, Result, inputs, results
from pixcycle.records.run import RunConfig, RunRecord, config_file, run_file

KEPT = {
    "location": "named by params.yaml as the location of a source, or part of one",
    "requested": "requested by earlier Snakemake calls (seeds, extractor), which .snakemake/plans remembers",
    "locked": "in use by a running Snakemake; if none is running, release them with `snakemake --unlock`",
    "in use": "being made by a process, or shown by `pixcycle study serve`",
    "absent": "made from files that are not where params.yaml expects them, so that their names cannot be determined",
}
"""Reasons to keep a node that params do not name, and how they are explained."""
_DONE = {"translated": "translated", "metrics": "measured"}


@dataclass(frozen=True)
class Unnamed:
    """A node that params do not name.

    Attributes
    ----------
    size
        In bytes.
    why
        Why params do not name it.
    kept
        The reason to keep it all the same, a key of KEPT; empty if it can be removed.
    """

    node: Node
    size: int
    why: str
    kept: str


def unnamed(params: Params, root: Path) -> Iterator[Unnamed]:
    """Yield the nodes of all scales that params do not name, grouped by folder; nothing that pixcycle did not make.

    Parameters
    ----------
    root
        The project's folder.
    """
    known = names(params, root)
    for node in inputs(root):
        if _is_unnamed(node, known) and is_ours(node, root):
            yield _unnamed(node, node.dataset, "no run of params.yaml reads it", known, root)
    for _, group in groupby(results(root), lambda node: (node.scale, node.id)):
        nodes = list(group)
        unnamed_nodes = [node for node in nodes if _is_unnamed(node, known) and is_ours(node, root)]
        run_of = runs_behind(nodes, root) if unnamed_nodes else {}
        for node in unnamed_nodes:
            run = run_of.get(node.path)
            config = RunConfig.find(config_file(root / run.on_disk)) if run else None
            on_named_data = not config or paths.prepared(config.data) in known.params
            dataset = None if on_named_data else config.config.get("dataset")
            yield _unnamed(node, dataset, _why(node, run, config, known, root), known, root)


def remove(node: Node, root: Path) -> None:
    """Remove a node completely or not at all: rename it first, so that what a crash leaves counts as removed.

    Raises
    ------
    UserError
        If a process has begun to make the node.
    """
    path, gone = root / node.on_disk, root / f"{node.path}{GONE}"
    if node.suffix != GONE:
        _delete(gone)
        with suppress(FileNotFoundError), only_one(root / node.path):
            os.replace(path, gone)
    _delete(gone)


def _is_unnamed(node: Node, known: Names) -> bool:
    return node.path not in known.params or node.suffix == GONE


def _unnamed(node: Node, dataset: str | None, why: str, known: Names, root: Path) -> Unnamed:
    """Describe a node. dataset: the dataset behind it, unless params name the prepared data."""
    size = _size(root / node.on_disk)
    if node.suffix == GONE:
        return Unnamed(node, size, "left by a removal that was interrupted", "")
    # Whatever a running Snakemake will use is named by params or, if it was called with --config, by its plan.
    # But it follows the params.yaml of its start: after an edit, only its lock names what it needs.
    holds = {
        "location": touches(root / node.on_disk, known.places),
        "requested": node.path in known.requested,
        "locked": node.path in known.locked,
        "in use": in_use(root / node.path),
        "absent": dataset in known.absent,
    }
    return Unnamed(node, size, why, next((key for key, is_held in holds.items() if is_held), ""))


def _why(node: Result, run: Result | None, config: RunConfig | None, known: Names, root: Path) -> str:
    """Return why params do not name a node. run: the run that it is or was made from; config: that run's."""
    if run is None:
        return "its run is gone"
    if node.kind == "run":
        record = RunRecord.find(run_file(root / node.on_disk))
        return why_stale(node, config, record, known.plans.get(node.scale), known.absent)
    if run.path in known.params:
        return f"of {run.name}, which is now {_DONE[node.kind]} with other settings"
    return f"of {run.name}"


def _size(path: Path) -> int:
    """Return the size in bytes of a file, or of all files below a folder, without following links."""
    if path.is_symlink() or not path.is_dir():
        return path.lstat().st_size
    total = 0
    for folder, _, files in os.walk(path):
        for name in files:
            with suppress(FileNotFoundError):  # a process may be working there
                total += (Path(folder) / name).lstat().st_size
    return total


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
