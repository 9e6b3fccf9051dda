"""Read the records of a finished run, and check that they are complete and match params.yaml."""

from pathlib import Path
from typing import Any, TypeVar

from pixcycle.base.errors import UserError
from pixcycle.ledger.agreement import refuse_disagreement
from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.paths import SOURCE, TARGET
from pixcycle.plan.runs import Run
from pixcycle.records.manifest import Manifest
from pixcycle.records.metrics import Measured
from pixcycle.records.run import RunRecord, run_file

R = TypeVar("R", RunRecord, Measured)
AGAIN = "remove that file, and run the same command, to measure it again"


def metrics_of(run: Run, neighbours: int, manifest: Manifest, root: Path) -> Measured:
    """Return the metrics of a run.

    Parameters
    ----------
    manifest
        Of the prepared data.

    Raises
    ------
    UserError
        If the metrics are missing, hold a value that is not a number, or were measured with other settings than
        those of params.yaml or on other numbers of images than those of the manifest: values measured differently
        must not be averaged. The message names run, file and field.
    """
    path = root / run.metrics
    measured = _read(run, path, run.metrics_fingerprint, Measured)
    expected: dict[str, Any] = {
        "split": "test",
        "extractor": run.extractor,
        "resize": EXTRACTORS[run.extractor].resize,
        "neighbours": neighbours,
        "seed": run.seed,
        "direction": run.config.direction,
    }
    for field, value in expected.items():
        _same(run, path, field, getattr(measured, field), value)
    ruled = measured.ruled
    _same(run, path, "ruled.ruler", ruled and ruled.ruler, run.ruler)
    if ruled:
        _same(run, path, "ruled.extractor", ruled.extractor, run.ruler_extractor)
    if run.config.direction not in measured.metrics:
        raise UserError(f"report: {run.key}: {path} has no metrics of {run.config.direction}; {AGAIN}")
    for direction, numbers in measured.metrics.items():
        n_source = manifest.test[SOURCE[direction]].n
        _same(run, path, f"metrics.{direction}.n_fake", numbers.n_fake, n_source)
        _same(run, path, f"metrics.{direction}.n_real", numbers.n_real, manifest.test[TARGET[direction]].n)
        for name, values in measured.images.get(direction, {}).items():
            _same(run, path, f"number of images.{direction}.{name}", len(values), n_source)
    return measured


def record_of(run: Run, root: Path) -> RunRecord:
    """Return the contents of run.json. Raises UserError if it is missing or belongs to another run."""
    refuse_disagreement(run, root, "train", "translate", "evaluate")
    return _read(run, run_file(root / run.folder), run.fingerprint, RunRecord)


def _read(run: Run, path: Path, fingerprint: str, kind: type[R]) -> R:
    try:
        record = kind.find(path)
    except UserError as error:
        raise UserError(f"report: {run.key}: {error}") from None
    if record is None:
        raise UserError(f"report: {path} is missing; run its experiment first")
    if record.fingerprint != fingerprint:
        raise UserError(f"report: {path} was made from {record.fingerprint}, but params.yaml asks for {fingerprint}")
    return record


def _same(run: Run, path: Path, field: str, actual: Any, expected: Any) -> None:
    if actual != expected:
        raise UserError(f"report: {run.key}: {field} is {actual} in {path}, but must be {expected}; {AGAIN}")
