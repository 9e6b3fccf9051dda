"""Find the nodes that something refers to: params.yaml, earlier calls of Snakemake, or a Snakemake lock."""

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pixcycle import paths
from pixcycle.base.files import local_path
from pixcycle.data.fetch.digest import declared_digest
from pixcycle.data.fetch.recorded import location_key
from pixcycle.ledger.ours import places_of_the_user
from pixcycle.params.dataset import Source
from pixcycle.params.fields import ExtractorName, Positive, Reading, Seed
from pixcycle.params.schema import Params
from pixcycle.plan.make import make_plan
from pixcycle.plan.names import features_key, weights_key
from pixcycle.plan.runs import Plan
from pixcycle.records.record import Record


class Overrides(Record):
    """Params that affect node names and can be set for one invocation: `snakemake --config seeds=[0,1,2]`."""

    scale: str
    seeds: list[Seed]
    extractor: ExtractorName | None
    neighbours: Positive
    readings: list[Reading] | None = None
    """None in plans of older versions, which take those of the current params."""


class _Requested(Record):
    """A plan that Snakemake wrote, as far as it matters here."""

    params: Overrides


@dataclass(frozen=True)
class Names:
    """Everything that may name a node.

    Attributes
    ----------
    plans
        Scale -> its plan.
    params, requested, locked
        Paths named by params, by earlier calls of Snakemake, and by Snakemake's lock.
    places
        Files and folders that params name as locations.
    absent
        Datasets whose own files are missing, so that the names of their nodes cannot be determined.
    """

    plans: dict[str, Plan]
    params: set[str]
    requested: set[str]
    locked: set[str]
    places: set[Path]
    absent: set[str]


def names(params: Params, root: Path) -> Names:
    """Collect all names in the project folder `root`."""
    plans = {scale: _plan(params, {"scale": scale}, root) for scale in params.scales}
    return Names(
        plans,
        params=set().union(*(needed(plan, root) for plan in plans.values())),
        requested=set().union(*(needed(plan, root) for plan in requested_plans(params, root))),
        locked=locked(root),
        places=places_of_the_user(params, root),
        absent=absent(params, root),
    )


def requested_plans(params: Params, root: Path) -> list[Plan]:
    """Return the plans of everything ever requested from Snakemake in this folder, with the current params.

    The plans of earlier calls are in .snakemake/plans. Only the values that --config can set are taken from them: the
    rest comes from an older params.yaml, which no longer names anything.
    """
    requested = {}
    for file in sorted((root / paths.PLANS).glob("*.json")):
        overrides = _Requested.read(file).params
        if overrides.scale in params.scales:
            requested[overrides.model_dump_json()] = overrides.model_dump(exclude_defaults=True)
    return [_plan(params, overrides, root) for overrides in requested.values()]


def _plan(params: Params, overrides: dict[str, Any], root: Path) -> Plan:
    """Return a plan with other params; at other scales than the chosen one, without experiments that cannot run."""
    other = params.model_copy(update=overrides)
    return make_plan(other, root, skip_unbuildable=other.scale != params.scale)


def needed(plan: Plan, root: Path) -> set[str]:
    """Return the paths of all nodes that a plan makes or reads."""
    weights = cache(lambda name: paths.weights(weights_key(plan.params, name, root)))
    needed = {path for node in plan.data.values() for path in (paths.raw(node.raw), paths.prepared(node.key))}
    for run in plan.runs.values():
        needed |= {run.folder, run.translated, run.metrics, paths.features(features_key(run.data, run.extractor))}
        if run.segmenter:
            needed.add(paths.segmenter(run.segmenter))
        needed |= {weights(name) for name in run.weights if name in plan.params.fetched_weights}
    return needed


def locked(root: Path) -> set[str]:
    """Return the paths that a running Snakemake reads or makes, from its lock files; a killed one leaves them behind.

    A running Snakemake follows the params.yaml of its start, which may name nodes that the current one does not.
    """
    locked: set[str] = set()
    for lock in (root / ".snakemake/locks").glob("*.lock"):
        with suppress(FileNotFoundError):  # Snakemake may have just ended
            locked |= set(lock.read_text().splitlines())
    return locked


def absent(params: Params, root: Path) -> set[str]:
    """Return the datasets whose names depend on the user's own files, which are missing, as on an unmounted disk."""

    def missing(source: Source) -> bool:
        return declared_digest(source, root) == location_key(source) and any(map(local_path, source.locations))

    return {name for name, dataset in params.datasets.items() if any(map(missing, dataset.sources))}
