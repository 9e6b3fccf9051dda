"""The runs of a scale as they are now: those that params name, and those on disk that they no longer name."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pixcycle.alone import in_progress
from pixcycle.engine.made_from import made_by
from pixcycle.engine.named import absent, asked_plans
from pixcycle.engine.nodes import GONE, IN_WORK, Result, record_in, result, results
from pixcycle.engine.unfinished import epochs_done, failure, goes_on_after
from pixcycle.engine.why import why_stale
from pixcycle.runs import Plan, Run, plan
from pixcycle.schema import Params
from pixcycle.training.attempts import attempts

State = Literal["finished", "collapsed", "training", "interrupted", "failed", "to do"]


@dataclass(frozen=True)
class Entry:
    """One run, of the params or on disk.

    epochs: how many of `of` are done; of a run that was interrupted or failed, after which of them it would go on,
    None where nothing says. seconds: wall time of all its epochs; of one in training, since this attempt began.
    stale: why params do not name it; empty if they do. asked: whether earlier calls of Snakemake alone named it.
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
    slurm_job_id: str | None
    collapse: str
    failure: str
    stale: str
    asked: bool


def inventory(params: Params, selection: str, root: Path) -> list[Entry]:
    """The runs of params.scale that a target selects: as params.yaml has them, then those on disk alone.

    Raises UserError for a target that neither params nor the disk have.
    """
    current = plan(params, root)
    nodes = [node for node in results(root, params.scale) if node.suffix != GONE]
    on_disk = {node.on_disk for node in nodes}
    wanted = _wanted(selection, current, {node.id for node in nodes})

    named = {run.folder: run for run in current.runs.values()}
    asked = {run.folder: run for other in asked_plans(params, root) for run in other.runs.values()}
    entries = [_of_params(run, root, on_disk) for run in named.values() if run.id in wanted]
    gone = absent(params, root)
    others = {n.path: n for n in nodes if n.kind == "run" and n.id in wanted and n.path not in named}
    for node in others.values():
        if node.path in asked:
            entries.append(_of_params(asked[node.path], root, on_disk, asked=True))
        else:
            entries.append(_stale(node, root, on_disk, current, gone))
    return entries


def on_disk_elsewhere(scale: str, root: Path) -> Counter[str]:
    """How many finished runs lie on disk at each other scale."""
    return Counter(
        node.scale for node in results(root) if (node.kind, node.suffix) == ("run", "") and node.scale != scale
    )


def _wanted(selection: str, current: Plan, on_disk: set[str]) -> set[str]:
    """The ids of the experiments that a target selects, among those of params and those that only lie on disk."""
    ids = {run.id for run in current.runs.values()}
    if selection in on_disk - ids:
        return {selection}
    selected = {run.id for run in current.select(selection)}
    lost = on_disk - ids if selection not in ids else set()
    return selected | {id for id in lost if selection == "all" or id.startswith(f"{selection}-")}


def _of_params(run: Run, root: Path, on_disk: set[str], asked: bool = False) -> Entry:
    epochs = run.config.epochs
    return _entry(result(run.folder), root, on_disk, epochs, (run.translated, run.metrics), asked=asked)


def _stale(node: Result, root: Path, on_disk: set[str], current: Plan, gone: set[str]) -> Entry:
    """Of a run that params do not name all is told by its own files, which may be those of an older recipe."""
    folder = root / node.on_disk
    config, record = record_in(folder / "config.json"), record_in(folder / "run.json")
    settings = config.get("config", {})
    epochs = settings["n_epochs"] + settings.get("n_epochs_decay", 0) if settings else None
    why = why_stale(node, config, record, current, gone)
    return _entry(node, root, on_disk, epochs, made_by(node, config), stale=why)


def _entry(
    node: Result,
    root: Path,
    on_disk: set[str],
    epochs_of: int | None,
    made: tuple[str, str],
    stale: str = "",
    asked: bool = False,
) -> Entry:
    """made: where its translations and metrics are, once they are."""
    translated, metrics = made
    log = f"logs/{node.scale}/{node.id}/train-{node.seed}-{node.fingerprint}.log"
    work = root / f"{node.path}{IN_WORK}"
    finished, begun = node.path in on_disk, f"{node.path}{IN_WORK}" in on_disk
    record = record_in(root / node.path / "run.json") if finished else {}
    tried = record.get("attempts", []) if finished else attempts(work)
    last = tried[-1] if tried else {}
    error, seconds = "", record.get("seconds")
    if finished:
        state, epochs = record.get("status", "finished"), record.get("epochs")
    elif in_progress(root / node.path):
        state, epochs, seconds = "training", epochs_done(work), _since(last["started"]) if last else None
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
        images_per_second=record.get("images_per_second"),
        attempts=len(tried),
        host=last.get("host"),
        slurm_job_id=last.get("slurm_job_id"),
        collapse=record.get("collapse", ""),
        failure=error,
        stale=stale,
        asked=asked,
    )


def _since(started: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(started)).total_seconds()
