"""List the runs of a scale: those that params name, and stale ones, which are on disk but no longer named."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pixcycle.base.file_lock import in_progress
from pixcycle.ledger.made_from import made_by
from pixcycle.ledger.referenced import absent, requested_plans
from pixcycle.ledger.staleness import why_stale
from pixcycle.ledger.unfinished import epochs_done, failure, goes_on_after
from pixcycle.params.schema import Params
from pixcycle.paths import GONE, IN_WORK, Result, result, results, run_log
from pixcycle.plan.make import make_plan
from pixcycle.plan.runs import Plan, Run
from pixcycle.records.attempts import attempts
from pixcycle.records.run import RunConfig, RunRecord, config_file, run_file

State = Literal["finished", "collapsed", "training", "interrupted", "failed", "to do"]


@dataclass(frozen=True)
class Entry:
    """The state of a run that params name, or that was found on disk.

    Attributes
    ----------
    epochs
        Number of finished epochs, out of `of`; for an interrupted or failed run, of those after which it would resume.
        None if unknown.
    seconds
        Wall time of the training; for a run in training, the time since its current attempt began.
    stale
        Why params do not name the run; empty if they do.
    requested
        Whether only earlier calls of Snakemake requested the run, with `--config`.
    """

    run: str
    fingerprint: str
    folder: str
    log: str
    state: State
    epochs: int | None
    of: int | None
    translated: bool
    measured: bool
    seconds: float | None
    images_per_second: float | None
    attempts: int
    host: str | None
    job: str | None
    collapse: str
    failure: str
    stale: str
    requested: bool


def inventory(params: Params, selection: str, root: Path) -> list[Entry]:
    """Return the runs that a target selects at the scale of params, those that are only on disk last.

    Raises
    ------
    UserError
        If the target exists neither in params nor on disk.
    """
    current = make_plan(params, root)
    nodes = [node for node in results(root, params.scale) if node.suffix != GONE]
    on_disk = {node.on_disk for node in nodes}
    wanted = _wanted(selection, current, {node.id for node in nodes})

    named = {run.folder: run for run in current.runs.values()}
    requested = {run.folder: run for plan in requested_plans(params, root) for run in plan.runs.values()}
    entries = [_of_params(run, root, on_disk) for run in named.values() if run.id in wanted]
    absent_datasets = absent(params, root)
    others = {n.path: n for n in nodes if n.kind == "run" and n.id in wanted and n.path not in named}
    for node in others.values():
        if node.path in requested:
            entries.append(_of_params(requested[node.path], root, on_disk, requested=True))
        else:
            entries.append(_stale(node, root, on_disk, current, absent_datasets))
    return entries


def on_disk_elsewhere(scale: str, root: Path) -> Counter[str]:
    """Count the finished runs on disk at each of the other scales."""
    return Counter(
        node.scale for node in results(root) if (node.kind, node.suffix) == ("run", "") and node.scale != scale
    )


def _wanted(selection: str, current: Plan, on_disk: set[str]) -> set[str]:
    """Return the ids of the experiments that a target selects, among those of params and those on disk."""
    ids = {run.id for run in current.runs.values()}
    if selection in on_disk - ids:
        return {selection}
    selected = {run.id for run in current.select(selection)}
    only_on_disk = on_disk - ids if selection not in ids else set()
    return selected | {id for id in only_on_disk if selection == "all" or id.startswith(f"{selection}-")}


def _of_params(run: Run, root: Path, on_disk: set[str], requested: bool = False) -> Entry:
    epochs = run.config.epochs
    return _entry(result(run.folder), root, on_disk, epochs, (run.translated, run.metrics), requested=requested)


def _stale(node: Result, root: Path, on_disk: set[str], current: Plan, absent_datasets: set[str]) -> Entry:
    """Describe a run that params do not name, from its own files, which older code may have written."""
    folder = root / node.on_disk
    config, record = RunConfig.find(config_file(folder)), RunRecord.find(run_file(folder))
    epochs = config.config["n_epochs"] + config.config.get("n_epochs_decay", 0) if config else None
    why = why_stale(node, config, record, current, absent_datasets)
    return _entry(node, root, on_disk, epochs, made_by(node, config), stale=why)


def _entry(
    node: Result,
    root: Path,
    on_disk: set[str],
    epochs_of: int | None,
    outputs: tuple[str, str],
    stale: str = "",
    requested: bool = False,
) -> Entry:
    """Describe a run.

    Parameters
    ----------
    epochs_of
        Number of epochs of the whole training; None if unknown.
    outputs
        Paths of its translations and metrics, which need not exist.
    """
    translated, metrics = outputs
    log = run_log("train", node.scale, node.id, node.seed, node.fingerprint)
    work = root / f"{node.path}{IN_WORK}"
    finished, begun = node.path in on_disk, f"{node.path}{IN_WORK}" in on_disk
    record = RunRecord.find(run_file(root / node.path)) if finished else None
    all_attempts = (record.attempts if record else []) if finished else attempts(work)
    last = all_attempts[-1] if all_attempts else None
    error, seconds = "", record.seconds if record else None
    if finished:
        state, epochs = (record.status, record.epochs) if record else ("finished", None)
    elif in_progress(root / node.path):
        state, epochs, seconds = "training", epochs_done(work), _since(last.started) if last else None
    else:
        epochs, error = goes_on_after(work), failure(root / log)
        state = "failed" if error else "interrupted" if begun else "to do"
    return Entry(
        run=f"{node.id}/{node.seed}",
        fingerprint=node.fingerprint,
        folder=f"{node.path}{IN_WORK}" if begun and not finished else node.path,
        log=log,
        state=state,
        epochs=epochs,
        of=epochs_of,
        translated=translated in on_disk,
        measured=metrics in on_disk,
        seconds=seconds,
        images_per_second=record.images_per_second if record else None,
        attempts=len(all_attempts),
        host=last.host if last else None,
        job=last.job if last else None,
        collapse=record.collapse if record else "",
        failure=error,
        stale=stale,
        requested=requested,
    )


def _since(started: datetime) -> float:
    return (datetime.now(UTC) - started).total_seconds()
