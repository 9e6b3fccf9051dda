"""Which run translations and metrics were made from, told by the records of both."""

from pathlib import Path
from typing import Any

from pixcycle.engine.nodes import Result, record_in


def runs_behind(nodes: list[Result], root: Path) -> dict[str, Result]:
    """Path of a run, of translations or of metrics -> the run, as far as records tell.

    nodes: all of one experiment at one scale.
    """
    runs = [node for node in nodes if node.kind == "run"]
    by_fingerprint = {(run.seed, run.fingerprint): run for run in runs}
    behind = {run.path: run for run in runs}
    for run in runs:
        behind |= dict.fromkeys(made_by(run, record_in(root / run.on_disk / "config.json")), run)
    for node in nodes:
        if node.kind == "metrics":
            made_from = record_in(root / node.on_disk).get("made_from", {})
            if run := by_fingerprint.get((node.seed, made_from.get("run"))):
                behind |= {node.path: run, translated_path(run, made_from["translated"]): run}
    return behind


def made_by(run: Result, config: dict[str, Any]) -> tuple[str, str]:
    """The paths of a run's translations and metrics, as they were to be called when its config was written."""
    translated, metrics = config.get("translated_fingerprint"), config.get("metrics_fingerprint")
    return translated_path(run, translated), f"{_parent(run)}/metrics-{run.seed}-{metrics}.json"


def translated_path(run: Result, fingerprint: str | None) -> str:
    return f"{_parent(run)}/translated-{run.seed}-{fingerprint}"


def _parent(run: Result) -> str:
    return run.path.rpartition("/")[0]
