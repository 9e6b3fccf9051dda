"""Find the run that translations and metrics were made from, using the records of both."""

from pathlib import Path

from pixcycle.paths import Result, metrics, translated
from pixcycle.records.metrics import MadeFrom
from pixcycle.records.record import Record
from pixcycle.records.run import RunConfig, config_file


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
        run_of |= dict.fromkeys(made_by(run, RunConfig.find(config_file(root / run.on_disk))), run)
    for node in nodes:
        made_from = made_from_of(root / node.on_disk) if node.kind == "metrics" else None
        if made_from and (run := by_fingerprint.get((node.seed, made_from.run))):
            run_of |= {node.path: run, translated(run.experiment, run.seed, made_from.translated): run}
    return run_of


def made_by(run: Result, config: RunConfig | None) -> tuple[str, str]:
    """Return the paths of a run's translations and metrics, as they were named when its config was written."""
    return (
        translated(run.experiment, run.seed, config.translated_fingerprint if config else None),
        metrics(run.experiment, run.seed, config.metrics_fingerprint if config else None),
    )


def made_from_of(metrics: Path) -> MadeFrom | None:
    """Return what a metrics file of this or an older recipe says that it was made from; None if it does not say."""
    written = _AnyRecipe.find(metrics)
    return written.made_from if written else None


class _AnyRecipe(Record):
    made_from: MadeFrom | None = None
