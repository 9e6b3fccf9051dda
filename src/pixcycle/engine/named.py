"""What the params name, and what Snakemake was asked for beyond them."""

import json
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pixcycle.data.digest import declared_digest
from pixcycle.data.record import location_key
from pixcycle.files import local_path, read_json
from pixcycle.runs import Plan, features_key, plan, weights_key
from pixcycle.schema import Params, Source

ASKED = {"scale", "seeds", "extractor", "neighbours"}
"""What decides names and may be said for one invocation: `snakemake --config seeds=[0,1,2]`."""


@dataclass(frozen=True)
class Names:
    """What may name a node: the plans of all scales, and the paths that params, earlier calls and a lock name.

    absent: datasets whose own files are not there, so that their names cannot be told.
    """

    plans: dict[str, Plan]
    params: set[str]
    asked: set[str]
    locked: set[str]
    absent: set[str]


def names(params: Params, root: Path) -> Names:
    """root: the project's folder."""
    plans = {scale: plan(params.model_copy(update={"scale": scale}), root) for scale in params.scales}
    return Names(
        plans,
        params=set().union(*(needed(plan, root) for plan in plans.values())),
        asked=set().union(*(needed(plan, root) for plan in asked_plans(params, root))),
        locked=locked(root),
        absent=absent(params, root),
    )


def asked_plans(params: Params, root: Path) -> list[Plan]:
    """What Snakemake was ever asked for in this folder, on the params as they are now.

    Its plans lie in .snakemake/plans. Only what --config may have said is taken from them: the rest is an older
    params.yaml, which names nothing any more.
    """
    asked = {}
    for file in sorted((root / ".snakemake/plans").glob("*.json")):
        said = read_json(file, "params")["params"]
        said = {key: said[key] for key in ASKED & said.keys()}
        if said.get("scale") in params.scales:
            asked[json.dumps(said, sort_keys=True)] = said
    return [plan(params.model_copy(update=said), root) for said in asked.values()]


def needed(plan: Plan, root: Path) -> set[str]:
    """The paths of all nodes that a plan makes or reads."""
    weights = cache(lambda name: f"data/weights/{weights_key(plan.params, name, root)}.pth")
    paths = {path for node in plan.data.values() for path in (f"data/raw/{node.raw}", f"data/prepared/{node.key}")}
    for run in plan.runs.values():
        paths |= {run.folder, run.translated, run.metrics, f"data/features/{features_key(run.data, run.extractor)}"}
        if run.segmenter:
            paths.add(f"data/segmenters/{run.segmenter}")
        used = (run.extractor, run.config.published_weights)
        paths |= {weights(name) for name in used if name in plan.params.fetched_weights}
    return paths


def locked(root: Path) -> set[str]:
    """The paths that a running Snakemake reads or makes, as its lock has them; one that was killed leaves the lock.

    It goes by the params.yaml of its start, which may name nodes that today's does not.
    """
    paths: set[str] = set()
    for lock in (root / ".snakemake/locks").glob("*.lock"):
        with suppress(FileNotFoundError):  # it has just ended
            paths |= set(lock.read_text().splitlines())
    return paths


def absent(params: Params, root: Path) -> set[str]:
    """Datasets whose names come from files of one's own that are not there now, as on a disk that is not mounted."""

    def missing(source: Source) -> bool:
        return declared_digest(source, root) == location_key(source) and any(map(local_path, source.locations))

    return {name for name, dataset in params.datasets.items() if any(map(missing, dataset.sources))}
