"""Explain from its config.json and run.json why the current params do not name a run on disk."""

from collections.abc import Iterator
from typing import Any

from pixcycle.params.experiment import Experiment
from pixcycle.paths import Result
from pixcycle.plan.names import DESCRIPTIVE, INFERENCE, MACHINE, RECIPE
from pixcycle.plan.runs import Plan, Run
from pixcycle.records.run import RunConfig, RunRecord

_SIZES = {"dataset", "load_size", "crop_size", "first_size", "preprocess", "resize", "intensities"}
"""Settings on which the name of the prepared data depends as well."""


def why_stale(
    node: Result, config: RunConfig | None, record: RunRecord | None, plan: Plan | None, absent: set[str]
) -> str:
    """Return the reason in words; a changed setting reads `lr 0.001 → 0.0002`: value on disk → current value.

    Parameters
    ----------
    config, record
        The run's config.json and run.json; None if missing.
    plan
        The plan of the run's scale; None if there is no such scale.
    absent
        Datasets whose own files are missing.
    """
    if plan is None:
        return f"scale {node.scale} is no longer in params.yaml"
    params = plan.params
    if node.id not in params.experiment_ids:
        return f"{node.id} is no longer in params.yaml"
    current = next((run for run in plan.runs.values() if run.id == node.id), None)
    if current is None:
        return f"{node.id} is no longer part of scale {node.scale}"
    reasons = [] if node.seed in params.seeds else [f"seed {node.seed} is not in params.yaml"]
    if node.fingerprint != current.fingerprint:
        reasons += list(_changes(config, record, current, absent)) if config else ["unknown: it has no config.json"]
    return "; ".join(reasons)


def changes(old: dict[str, Any], new: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return the settings in which two experiments differ, as (old, new) in words; missing ones have their default."""
    defaults = {name: field.default for name, field in Experiment.model_fields.items() if not field.is_required()}
    old, new = defaults | old, defaults | new
    ignored = DESCRIPTIVE - {"dataset"}
    return {
        name: (as_yaml(old.get(name)), as_yaml(new.get(name)))
        for name in (old | new)
        if name not in ignored and old.get(name) != new.get(name)
    }


def as_yaml(value: Any) -> str:
    """Return a setting as params.yaml would write it."""
    if value is None:
        return "–"
    if isinstance(value, list):
        return f"[{', '.join(map(as_yaml, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _changes(config: RunConfig, record: RunRecord | None, current: Run, absent: set[str]) -> Iterator[str]:
    differing = changes(config.config, current.config.model_dump(mode="json"))
    differing = {name: values for name, values in differing.items() if name not in INFERENCE | MACHINE}
    for name, (before, after) in differing.items():
        yield f"{name} {before} → {after}"
    if config.data != current.data and not differing.keys() & _SIZES:
        missing = current.config.dataset in absent
        yield "the files of its dataset are missing" if missing else f"data {config.data} → {current.data}"
    elif record and record.recipe not in (None, RECIPE["train"]):
        yield f"recipe {record.recipe} → {RECIPE['train']}"
    elif not differing:
        # The record lacks the recipe (an old one, or a run that never ended), or weights were republished under
        # the same name.
        yield "same settings, but another recipe or other published weights"
