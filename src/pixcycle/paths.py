"""Paths of the workflow's nodes and logs, and the node that a path names.

Paths are relative to the project's folder. Snakemake's rules call the same functions with wildcards:
``paths.prepared("{data}")``.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Direction = Literal["a_to_b", "b_to_a"]
SOURCE = {"a_to_b": "A", "b_to_a": "B"}
"""Direction -> its source domain."""
TARGET = {"a_to_b": "B", "b_to_a": "A"}
"""Direction -> its target domain, which generated images imitate."""
BACK = {"a_to_b": "b_to_a", "b_to_a": "a_to_b"}

PLANS = ".snakemake/plans"
STUDIES = "data/studies"
PUBLISHED = "reports/published"

OF_TRAINING = "training"
"""Folder beside the test images translated after an epoch: the first training image of each domain, translated."""

IN_WORK, GONE = ".part", ".gone.part"
"""Suffixes of the names of an unfinished node, and of a node that is being removed."""


def plan(fingerprint: str) -> str:
    return f"{PLANS}/{fingerprint}.json"


def raw(key: str) -> str:
    """Return the path of a downloaded dataset."""
    return f"data/raw/{key}"


def prepared(key: str) -> str:
    """Return the path of a dataset decoded and resized to arrays."""
    return f"data/prepared/{key}"


def features(key: str) -> str:
    """Return the path of the features of the real test images."""
    return f"data/features/{key}"


def segmenter(key: str) -> str:
    """Return the path of the network behind FCN-score."""
    return f"data/segmenters/{key}"


def weights(key: str) -> str:
    """Return the path of downloaded weights."""
    return f"data/weights/{key}.pth"


def experiment(scale: str, chapter: str, name: str) -> str:
    """Return the folder of an experiment's results at a scale."""
    return f"results/{scale}/{chapter}/{name}"


def run(of: str, seed: int | str, fingerprint: str) -> str:
    """Return the folder of a training run; here and below, `of` is the experiment's folder."""
    return f"{of}/{seed}-{fingerprint}"


def translated(of: str, seed: int | str, fingerprint: str | None) -> str:
    """Return the folder of the translated test images."""
    return f"{of}/translated-{seed}-{fingerprint}"


def metrics(of: str, seed: int | str, fingerprint: str | None) -> str:
    return f"{of}/metrics-{seed}-{fingerprint}.json"


def calibration(scale: str, chapter: str, fingerprint: str) -> str:
    """Return the path of what a chapter's ruler reads on images of its authors; DVC keeps it with the chapter."""
    return f"results/{scale}/{chapter}/calibration-{fingerprint}.json"


def report(scale: str, selection: str) -> str:
    """Return the folder of the report on all experiments, a chapter, a dataset in it, or one experiment."""
    return f"reports/{scale}" if selection == "all" else f"reports/{scale}/{selection}"


def versioned(scale: str, kind: Literal["metrics", "losses"], chapter: str) -> str:
    """Return the folder whose files DVC uses to compare versions of a chapter."""
    return f"reports/{scale}/{kind}/{chapter}"


def log(step: str, name: str) -> str:
    """Return the log of a step that makes a node below data/."""
    return f"logs/{step}/{name}.log"


def run_log(step: str, scale: str, experiment: str, seed: int | str, fingerprint: str) -> str:
    """Return the log of a step of a run: train, translate or evaluate."""
    return f"logs/{scale}/{experiment}/{step}-{seed}-{fingerprint}.log"


def watched(scale: str, experiment: str, seed: int | str, fingerprint: str) -> str:
    """Return the folder of a training's TensorBoard files."""
    return f"logs/tensorboard/{scale}/{experiment}/{seed}-{fingerprint}"


def report_log(scale: str, selection: str) -> str:
    return f"logs/{scale}/report-{selection}.log"


def fakes_folder(translations: Path, direction: str) -> Path:
    """Return the folder of the images generated in a direction: fake_A or fake_B, named by their target domain."""
    return translations / f"fake_{TARGET[direction]}"


def cycled_folder(translations: Path, direction: str) -> Path:
    """Return the folder of a direction's inputs translated there and back: cycle_A or cycle_B."""
    return translations / f"cycle_{SOURCE[direction]}"


def samples_folder(run: Path, epoch: int) -> Path:
    """Return the folder of a few test images translated after an epoch, counted from 1."""
    return run / "samples" / f"{epoch:04}"


@dataclass(frozen=True)
class Node:
    """A node on disk.

    Attributes
    ----------
    kind
        raw, prepared, features, segmenters, weights, run, translated or metrics.
    path
        Its path once it is finished.
    suffix
        Empty, IN_WORK or GONE.
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
    """A node that runs read.

    Attributes
    ----------
    dataset
        Key of the dataset, or of the weights, in params.yaml.
    """

    dataset: str


@dataclass(frozen=True)
class Result(Node):
    """A node that an experiment makes with a seed at a scale."""

    scale: str
    id: str
    seed: int
    fingerprint: str

    @property
    def experiment(self) -> str:
        """Folder of its experiment."""
        return self.path.rpartition("/")[0]


_FP = "[0-9a-f]{8}"
_SUFFIX = r"(?P<suffix>(\.gone)?\.part)?"
_INPUTS = {
    "raw": raw(f"(?P<dataset>.+)-{_FP}"),
    "prepared": prepared(f"(?P<dataset>.+)-{_FP}"),
    "features": features(f"(?P<dataset>.+)-{_FP}-[a-z0-9-]+-{_FP}"),
    "segmenters": segmenter(f"(?P<dataset>.+)-{_FP}-{_FP}"),
    "weights": weights(f"(?P<dataset>.+)-{_FP}"),
}
_OF = experiment("(?P<scale>[^/]+)", "(?P<chapter>[^/]+)", "(?P<name>[^/]+)")
_RESULTS = {
    kind: re.compile(path(_OF, "(?P<seed>[0-9]+)", f"(?P<fingerprint>{_FP})") + _SUFFIX)
    for kind, path in {"run": run, "translated": translated, "metrics": metrics}.items()
}


def inputs(root: Path) -> Iterator[Input]:
    """Yield the nodes below data/, sorted by kind and name."""
    for kind, form in _INPUTS.items():
        for path in _below(root, f"data/{kind}/*"):
            if match := re.fullmatch(form + _SUFFIX, path):
                suffix = match["suffix"] or ""
                yield Input(kind, path.removesuffix(suffix), suffix, match["dataset"])


def results(root: Path, scale: str = "*") -> Iterator[Result]:
    """Yield the nodes below results/, of one scale or all, sorted by name."""
    yield from filter(None, map(result, _below(root, f"results/{scale}/*/*/*")))


def finished_runs(root: Path) -> list[str]:
    """Return the folders of finished runs."""
    return [node.path for node in results(root) if (node.kind, node.suffix) == ("run", "")]


def result(path: str) -> Result | None:
    """Return the node that a path below results/ names, None if the path does not name a node."""
    for kind, form in _RESULTS.items():
        if match := form.fullmatch(path):
            suffix, id = match["suffix"] or "", f"{match['chapter']}-{match['name']}"
            finished = path.removesuffix(suffix)
            return Result(kind, finished, suffix, match["scale"], id, int(match["seed"]), match["fingerprint"])
    return None


def _below(root: Path, pattern: str) -> list[str]:
    """Return the paths that match, in natural order: seed 2 before seed 10."""
    return sorted((os.path.relpath(path, root) for path in root.glob(pattern)), key=_in_order)


def _in_order(path: str) -> list[list[int | str]]:
    return [[int(text) if text.isdigit() else text for text in re.split("([0-9]+)", part)] for part in path.split("/")]
