"""Find the run that translations and metrics were made from, using the records of both."""

from pathlib import Path
from typing import Any

from pixcycle.base.files import read_record
from pixcycle.paths import Result, metrics, translated


def runs_behind(nodes: list[Result], root: Path) -> dict[str, Result]:
    """Map the paths of runs, translations and metrics to the run that they come from, as far as records tell.

    Parameters
    ----------
    nodes
        All nodes of one experiment at one scale.
    """
    runs = [node for node in nodes if node.kind == "run"]
    by_fingerprint = {(run.seed, run.fingerprint): run for run in runs}
    run_of = {run.path: run for run in runs}
    for run in runs:
        run_of |= dict.fromkeys(made_by(run, read_record(root / run.on_disk / "config.json")), run)
    for node in nodes:
        if node.kind == "metrics":
            made_from = read_record(root / node.on_disk).get("made_from", {})
            if run := by_fingerprint.get((node.seed, made_from.get("run"))):
                run_of |= {node.path: run, translated(run.experiment, run.seed, made_from["translated"]): run}
    return run_of


def made_by(run: Result, config: dict[str, Any]) -> tuple[str, str]:
    """Return the paths of a run's translations and metrics, as they were named when its config was written."""
    return (
        translated(run.experiment, run.seed, config.get("translated_fingerprint")),
        metrics(run.experiment, run.seed, config.get("metrics_fingerprint")),
    )
