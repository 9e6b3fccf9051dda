"""What lies on disk and nothing names, and how it is removed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from pixcycle.alone import in_progress, only_one
from pixcycle.engine.made_from import runs_behind
from pixcycle.engine.named import Names, names
from pixcycle.engine.nodes import GONE, Node, Result, inputs, record_in, results
from pixcycle.engine.why import why_stale
from pixcycle.schema import Params

KEPT = {
    "asked": "earlier calls of Snakemake asked for them (seeds, extractor); without .snakemake/plans that is forgotten",
    "locked": "a Snakemake that runs here needs them; if none does, `snakemake --unlock` says so",
    "in work": "a process is making them",
    "absent": "they come from files that are not where params.yaml has them, so that their names cannot be told",
}
"""What keeps nodes that params do not name, in words."""
_DONE = {"translated": "translated", "metrics": "measured"}


@dataclass(frozen=True)
class Unnamed:
    """A node that params do not name, its size in bytes, and why. kept: a key of KEPT, or empty."""

    node: Node
    size: int
    why: str
    kept: str


def unnamed(params: Params, root: Path) -> Iterator[Unnamed]:
    """Nodes of all scales that params do not name, those of a folder together. root: the project's folder."""
    known = names(params, root)
    for node in inputs(root):
        if _is_unnamed(node, known):
            yield _unnamed(node, node.dataset, "no run of params.yaml reads it", known, root)
    for _, group in groupby(results(root), lambda node: (node.scale, node.id)):
        nodes = list(group)
        found = [node for node in nodes if _is_unnamed(node, known)]
        behind = runs_behind(nodes, root) if found else {}
        for node in found:
            run = behind.get(node.path)
            config = record_in(root / run.on_disk / "config.json") if run else {}
            on_named_data = f"data/prepared/{config.get('data')}" in known.params
            dataset = None if on_named_data else config.get("config", {}).get("dataset")
            yield _unnamed(node, dataset, _why(node, run, config, known, root), known, root)


def remove(node: Node, root: Path) -> None:
    """Whole or not at all: it first loses its name, so that what is left after a crash counts as removed.

    Raises UserError if a process has begun to make it.
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
    """dataset: that of the prepared data that it is or was made from, if params do not name these."""
    size = _size(root / node.on_disk)
    if node.suffix == GONE:
        return Unnamed(node, size, "left by a removal that was interrupted", "")
    # What a running Snakemake is about to use is named by params or, where it was called with --config, by its plan.
    # But it goes by the params.yaml of its start: once that is edited, its lock alone names what it needs.
    held = {
        "asked": node.path in known.asked,
        "locked": node.path in known.locked,
        "in work": in_progress(root / node.path),
        "absent": dataset in known.absent,
    }
    return Unnamed(node, size, why, next((key for key, holds in held.items() if holds), ""))


def _why(node: Result, run: Result | None, config: dict[str, Any], known: Names, root: Path) -> str:
    """run: what the node is or was made from; config: that run's."""
    if run is None:
        return "its run is not here"
    if node.kind == "run":
        record = record_in(root / node.on_disk / "run.json")
        return why_stale(node, config, record, known.plans.get(node.scale), known.absent)
    if run.path in known.params:
        return f"of {run.name}, which is {_DONE[node.kind]} otherwise now"
    return f"of {run.name}"


def _size(path: Path) -> int:
    """In bytes, of a file or of all files below a folder; links are not followed."""
    if path.is_symlink() or not path.is_dir():
        return path.lstat().st_size
    total = 0
    for folder, _, files in os.walk(path):
        for name in files:
            with suppress(FileNotFoundError):  # while a process works there
                total += (Path(folder) / name).lstat().st_size
    return total


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
