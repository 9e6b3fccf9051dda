"""Two finished runs of one experiment, chosen to be set side by side, and all that their folders say."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pixcycle.engine.made_from import made_by, runs_behind, translated_path
from pixcycle.engine.nodes import Result, record_in, results
from pixcycle.errors import UserError
from pixcycle.known import known
from pixcycle.metrics.measured import check_measured
from pixcycle.runs import Plan

_READ = {"metrics", "direction", "extractor", "resize", "neighbours"}
"""What a metrics file must say to be set beside another."""


@dataclass(frozen=True)
class Side:
    """A finished run. current: whether params name it.

    config, record, measured: its config.json, run.json and metrics, empty without one. translated: the folder of its
    translations, None without one. notes: sentences on what is missing or may mislead.
    """

    node: Result
    current: bool
    config: dict[str, Any]
    record: dict[str, Any]
    measured: dict[str, Any]
    translated: Path | None
    notes: list[str]


def two_sides(plan: Plan, id: str, a: str | None, b: str | None, seed: int | None, root: Path) -> tuple[Side, Side]:
    """Two runs of an experiment at the plan's scale: A and B.

    a, b: each the beginning of a fingerprint, or a run's folder. Without them B is the current run, or the newest
    where that is not finished, and A the newest other. seed: of the runs that are not given as folders; the first of
    params where None. Raises UserError, with what there is, if there are not two, or if metrics hold what is no number.
    """
    nodes = [node for node in results(root) if (node.kind, node.suffix, node.id) == ("run", "", id)]
    known(id, dict.fromkeys([*plan.params.experiment_ids, *(node.id for node in nodes)]), "experiment")
    named = {run.folder for run in plan.runs.values()}
    seed = plan.params.seeds[0] if seed is None else seed
    those = [node for node in nodes if (node.scale, node.seed) == (plan.params.scale, seed)]
    those.sort(key=lambda node: (node.path in named, _begun(node, root)), reverse=True)
    there = ", ".join(
        f"{node.scale} {node.seed}-{node.fingerprint}{' (current)' * (node.path in named)}" for node in nodes
    )
    where = f"{id}, scale {plan.params.scale}, seed {seed}"
    finished = f"finished are: {there or 'none'}"

    def chosen(given: str) -> Result:
        matches = [node for node in those if node.fingerprint.startswith(given)]
        if "/" in given:
            matches = [node for node in nodes if Path(node.path) == Path(os.path.relpath(root / given, root))]
        if len(matches) != 1:
            what = "several fingerprints begin" if matches else "no run is called or begins"
            raise UserError(f"{where}: {what} with {given}; {finished}")
        return matches[0]

    given = [chosen(each) for each in (a, b) if each]
    others = [node for node in those if node not in given]
    if len(given) + len(others) < 2:
        raise UserError(f"{where}: it takes two finished runs to compare; {finished}")
    pair = [*given, *others] if given else [others[1], others[0]]
    one, other = (_side(node, plan, root) for node in pair[:2])
    return one, other


def _begun(node: Result, root: Path) -> float:
    """When its last attempt began; for a run that does not say so, when its record was written."""
    file = root / node.path / "run.json"
    if tried := record_in(file).get("attempts"):
        return datetime.fromisoformat(tried[-1]["started"]).timestamp()
    return file.stat().st_mtime if file.exists() else 0.0


def _side(node: Result, plan: Plan, root: Path) -> Side:
    run = next((run for run in plan.runs.values() if run.folder == node.path), None)
    # How a current run is translated and measured may have been edited since it was trained.
    config = run.model_dump(mode="json") if run else record_in(root / node.path / "config.json")
    named, metrics = made_by(node, config)
    notes = [] if config else ["it has no config.json, so that its settings are not known"]
    if not (root / metrics).exists():
        metrics = _other_metrics(node, root)
        notes.append(
            "it was not measured with its present settings of inference and features, but with others"
            if metrics
            else "no metrics say that they are of this run"
        )
    measured = record_in(root / metrics) if metrics else {}
    if lacking := _READ - measured.keys() if measured else set():
        notes.append(f"its metrics are of an older recipe and cannot be read: they lack {', '.join(sorted(lacking))}")
        measured = {}
    elif measured:
        check_measured(root / metrics, measured)
    made_from = measured.get("made_from", {})
    images = root / (translated_path(node, made_from["translated"]) if made_from else named)
    if not images.exists():
        notes.append("its translations are not on disk")
    record = record_in(root / node.path / "run.json")
    return Side(node, run is not None, config, record, measured, images if images.exists() else None, notes)


def _other_metrics(node: Result, root: Path) -> str | None:
    """The newest of those that say that they are of this run."""
    behind = runs_behind([other for other in results(root, node.scale) if other.id == node.id], root)
    there = [path for path, run in behind.items() if run == node and path.endswith(".json") and (root / path).exists()]
    return max(there, key=lambda path: (root / path).stat().st_mtime, default=None)
