"""The nodes that lie in a project's folder, told by the form of their names: finished, in work or half removed."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixcycle.files import NotJson, read_json

_FP = "[0-9a-f]{8}"
_SUFFIX = r"(?P<suffix>(\.gone)?\.part)?"
_IN_DATA = {
    "raw": rf"(?P<dataset>.+)-{_FP}",
    "prepared": rf"(?P<dataset>.+)-{_FP}",
    "features": rf"(?P<dataset>.+)-{_FP}-[a-z0-9-]+-{_FP}",
    "segmenters": rf"(?P<dataset>.+)-{_FP}-{_FP}",
    "weights": rf"(?P<dataset>.+)-{_FP}\.pth",
}
_IN_RESULTS = re.compile(
    rf"((?P<kind>translated|metrics)-)?(?P<seed>[0-9]+)-(?P<fingerprint>{_FP})(?P<ending>\.json)?{_SUFFIX}"
)
_ENDINGS = {"run": None, "translated": None, "metrics": ".json"}

IN_WORK, GONE = ".part", ".gone.part"
"""What is added to the name of an unfinished node, and of one that is being removed."""


@dataclass(frozen=True)
class Node:
    """path: relative to the project's folder, as it is called when finished. suffix: '', IN_WORK or GONE.

    kind: raw, prepared, features, segmenters, weights, run, translated or metrics.
    """

    kind: str
    path: str
    suffix: str

    @property
    def on_disk(self) -> str:
        return self.path + self.suffix

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Input(Node):
    """What runs read. dataset: its key in params.yaml; for weights, theirs."""

    dataset: str


@dataclass(frozen=True)
class Result(Node):
    """What an experiment made with a seed at a scale."""

    scale: str
    id: str
    seed: int
    fingerprint: str


def inputs(root: Path) -> Iterator[Input]:
    """Those below data/, by kind and name."""
    for kind, form in _IN_DATA.items():
        for name in _names(root / "data" / kind):
            if match := re.fullmatch(form + _SUFFIX, name):
                suffix = match["suffix"] or ""
                yield Input(kind, f"data/{kind}/{name.removesuffix(suffix)}", suffix, match["dataset"])


def results(root: Path, scale: str | None = None) -> Iterator[Result]:
    """Those below results/, of all scales or of one, by name."""
    for at in [scale] if scale else _names(root / "results"):
        for chapter in _names(root / "results" / at):
            for experiment in _names(root / "results" / at / chapter):
                for name in _names(root / "results" / at / chapter / experiment):
                    if node := result(f"results/{at}/{chapter}/{experiment}/{name}"):
                        yield node


def finished_runs(root: Path) -> list[str]:
    """Their folders, below the project's."""
    return [node.path for node in results(root) if (node.kind, node.suffix) == ("run", "")]


def result(path: str) -> Result | None:
    """The node that a path below results/ names, if it has the form of one."""
    *folders, name = path.split("/")
    match = _IN_RESULTS.fullmatch(name)
    if len(folders) != 4 or folders[0] != "results" or not match:
        return None
    kind, suffix = match["kind"] or "run", match["suffix"] or ""
    if match["ending"] != _ENDINGS[kind]:
        return None
    _, scale, chapter, experiment = folders
    id, seed = f"{chapter}-{experiment}", int(match["seed"])
    return Result(kind, path.removesuffix(suffix), suffix, scale, id, seed, match["fingerprint"])


def record_in(file: Path) -> dict[str, Any]:
    """What a node's JSON file says; nothing where there is none."""
    try:
        record = read_json(file)
    except FileNotFoundError:
        return {}
    if not isinstance(record, dict):
        raise NotJson(f"{file}: is damaged, not the record of a node; remove it")
    return record


def _names(folder: Path) -> list[str]:
    """Of what a folder holds, seed 2 before seed 10; of nothing, if there is no such folder."""
    try:
        return sorted(os.listdir(folder), key=_in_order)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _in_order(name: str) -> list[str | int]:
    return [int(part) if part.isdigit() else part for part in re.split("([0-9]+)", name)]
