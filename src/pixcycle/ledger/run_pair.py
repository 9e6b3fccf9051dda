"""Choose two finished runs of an experiment to compare, and read everything that their folders hold."""

import os
from dataclasses import dataclass
from pathlib import Path

from pixcycle.base.errors import UserError
from pixcycle.base.files import read_json
from pixcycle.base.suggest import known
from pixcycle.ledger.made_from import made_by, runs_behind
from pixcycle.paths import Result, results, translated
from pixcycle.plan.runs import Plan, written_id
from pixcycle.records.metrics import Measured
from pixcycle.records.run import RunConfig, RunRecord, config_file, run_file


@dataclass(frozen=True)
class Side:
    """A finished run.

    Attributes
    ----------
    current
        True if params name it.
    config, record, measured
        Its config.json, run.json and metrics; None if the file is missing.
    translated
        The folder of its translations; None if it is missing.
    notes
        Sentences on what is missing or may mislead.
    """

    node: Result
    current: bool
    config: RunConfig | None
    record: RunRecord | None
    measured: Measured | None
    translated: Path | None
    notes: list[str]


def two_sides(plan: Plan, id: str, a: str | None, b: str | None, seed: int | None, root: Path) -> tuple[Side, Side]:
    """Return two runs, A and B, of an experiment at the plan's scale.

    Parameters
    ----------
    a, b
        The start of a fingerprint, a run's folder, or the id of the other reading. By default B is the current run, or
        the newest one if that is not finished, and A is the newest other run.
    seed
        Seed of the runs that are not given as folders; the first of params if None.

    Raises
    ------
    UserError
        If there are no such two runs; the message lists those that exist. Also if a metric's value is not a
        number.
    """
    runs = [node for node in results(root) if (node.kind, node.suffix) == ("run", "")]
    readings = [node for node in runs if written_id(node.id) == written_id(id)]
    nodes = [node for node in readings if node.id == id]
    known(id, dict.fromkeys([*plan.params.experiment_ids, *(node.id for node in nodes)]), "experiment")
    named = {run.folder for run in plan.runs.values()}
    seed = plan.params.seeds[0] if seed is None else seed
    candidates = [node for node in nodes if (node.scale, node.seed) == (plan.params.scale, seed)]
    candidates.sort(key=lambda node: (node.path in named, _begun(node, root)), reverse=True)
    existing = ", ".join(
        f"{node.scale} {node.seed}-{node.fingerprint}{' (current)' if node.path in named else ''}" for node in nodes
    )
    where = f"{id}, scale {plan.params.scale}, seed {seed}"
    finished = f"finished runs: {existing or 'none'}"

    def find(name: str) -> Result:
        matches = [node for node in candidates if node.fingerprint.startswith(name)]
        if written_id(name) == written_id(id):
            matches = [node for node in readings if (node.id, node.seed) == (name, seed) and node.path in named]
        if "/" in name:
            matches = [node for node in readings if Path(node.path) == Path(os.path.relpath(root / name, root))]
        if len(matches) != 1:
            problem = f"several fingerprints start with {name}" if matches else f"no run matches {name}"
            raise UserError(f"{where}: {problem}; {finished}")
        return matches[0]

    chosen = [find(name) for name in (a, b) if name]
    others = [node for node in candidates if node not in chosen]
    if len(chosen) + len(others) < 2:
        raise UserError(f"{where}: two finished runs are needed to compare; {finished}")
    pair = [*chosen, *others] if chosen else [others[1], others[0]]
    first, second = (_side(node, plan, root) for node in pair[:2])
    return first, second


def _begun(node: Result, root: Path) -> float:
    """Return when the last attempt at a run began or, if that is not recorded, when its record was written."""
    file = run_file(root / node.path)
    record = RunRecord.find(file)
    if record is None:
        return 0.0
    return record.attempts[-1].started.timestamp() if record.attempts else file.stat().st_mtime


def _side(node: Result, plan: Plan, root: Path) -> Side:
    run = next((run for run in plan.runs.values() if run.folder == node.path), None)
    # The inference and evaluation settings of a current run may have been edited since it was trained.
    current = RunConfig.model_validate(run.model_dump(mode="json")) if run else None
    config = current or RunConfig.find(config_file(root / node.path))
    named, metrics = made_by(node, config)
    notes = [] if config else ["it has no config.json, so its settings are unknown"]
    if not (root / metrics).exists():
        metrics = _other_metrics(node, root)
        notes.append(
            "it was measured with other inference or feature settings than its present ones"
            if metrics
            else "no metrics were found for this run"
        )
    measured = None
    if metrics:
        if missing := _lacks(root / metrics):
            notes.append(f"its metrics are of an older recipe and cannot be read: they lack {', '.join(missing)}")
        else:
            measured = Measured.read(root / metrics)
    made_from = measured.made_from if measured else None
    images = root / (translated(node.experiment, node.seed, made_from.translated) if made_from else named)
    if not images.exists():
        notes.append("its translations are not on disk")
    record = RunRecord.find(run_file(root / node.path))
    return Side(node, run is not None, config, record, measured, images if images.exists() else None, notes)


def _lacks(metrics: Path) -> list[str]:
    """Return the fields that a metrics file of an older recipe does not have."""
    content = read_json(metrics)
    required = [name for name, field in Measured.model_fields.items() if field.is_required()]
    return sorted(set(required) - content.keys()) if isinstance(content, dict) else []


def _other_metrics(node: Result, root: Path) -> str | None:
    """Return the newest metrics file whose record names this run."""
    run_of = runs_behind([other for other in results(root, node.scale) if other.id == node.id], root)
    files = [path for path, run in run_of.items() if run == node and path.endswith(".json") and (root / path).exists()]
    return max(files, key=lambda path: (root / path).stat().st_mtime, default=None)
