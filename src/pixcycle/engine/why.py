"""Why current params do not name a run that lies on disk: told by its config.json and its run.json."""

from collections.abc import Iterator
from typing import Any

from pixcycle.engine.nodes import Result
from pixcycle.runs import DESCRIPTIVE, INFERENCE, MACHINE, RECIPE, Plan, Run
from pixcycle.schema import Experiment

_SIZES = {"dataset", "load_size", "crop_size", "preprocess", "resize"}
"""Settings that name the prepared data, too."""


def why_stale(node: Result, config: dict[str, Any], record: dict[str, Any], plan: Plan | None, absent: set[str]) -> str:
    """In words, with what changed as `lr 0.001 → 0.0002`, from the run on disk to what it would be now.

    config, record: its config.json and run.json, empty where there is none. plan: that of its scale, None if there is
    no such scale. absent: datasets whose own files are not there.
    """
    if plan is None:
        return f"scale {node.scale} is no longer in params.yaml"
    params = plan.params
    if node.id not in params.experiment_ids:
        return f"{node.id} is no longer in params.yaml"
    now = next((run for run in plan.runs.values() if run.id == node.id), None)
    if now is None:
        return f"{node.id} is no longer part of scale {node.scale}"
    reasons = [] if node.seed in params.seeds else [f"seed {node.seed} is not in params.yaml"]
    if node.fingerprint != now.fingerprint:
        reasons += list(_changes(config, record, now, absent)) if config else ["it has no config.json to tell"]
    return "; ".join(reasons)


def changes(old: dict[str, Any], new: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """The settings in which two experiments differ, in words; one that an experiment lacks has its default."""
    defaults = {name: field.default for name, field in Experiment.model_fields.items() if not field.is_required()}
    old, new = defaults | old, defaults | new
    words = DESCRIPTIVE - {"dataset"}
    return {
        name: (told(old.get(name)), told(new.get(name)))
        for name in (old | new)
        if name not in words and old.get(name) != new.get(name)
    }


def told(value: Any) -> str:
    """A setting as params.yaml would have it."""
    if value is None:
        return "–"
    if isinstance(value, list):
        return f"[{', '.join(map(told, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _changes(config: dict[str, Any], record: dict[str, Any], now: Run, absent: set[str]) -> Iterator[str]:
    found = changes(config["config"], now.config.model_dump(mode="json"))
    found = {name: values for name, values in found.items() if name not in INFERENCE | MACHINE}
    for name, (before, after) in found.items():
        yield f"{name} {before} → {after}"
    if config["data"] != now.data and not found.keys() & _SIZES:
        missing = now.config.dataset in absent
        yield "the files of its dataset are not there" if missing else f"data {config['data']} → {now.data}"
    elif record.get("recipe", RECIPE["train"]) != RECIPE["train"]:
        yield f"recipe {record['recipe']} → {RECIPE['train']}"
    elif not found:
        # Before records had it, or in a run that never ended, or weights were published anew under an old name.
        yield "same settings, another recipe or other published weights"
