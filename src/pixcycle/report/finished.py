"""The records of a finished run, read if they are whole and of what params.yaml asks for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pixcycle.errors import UserError
from pixcycle.files import read_json
from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.metrics.measured import read_measured
from pixcycle.runs import Run
from pixcycle.translations import SOURCE, TARGET

AGAIN = "and it is measured again"


def metrics_of(run: Run, neighbours: int, manifest: dict[str, Any], root: Path) -> dict[str, Any]:
    """What was measured on a run. manifest: of the prepared data.

    Raises UserError, naming run, file and field, if it is missing, holds what is no number, or was measured with
    another ruler than params.yaml asks for or on other images than the manifest counts: what differs in that must
    not be averaged.
    """
    path = root / run.metrics
    measured = _read(run, path, run.metrics_fingerprint, read_measured)
    asked: dict[str, Any] = {
        "split": "test",
        "extractor": run.extractor,
        "resize": EXTRACTORS[run.extractor].resize,
        "neighbours": neighbours,
        "seed": run.seed,
        "direction": run.config.direction,
    }
    for field, value in asked.items():
        _same(run, path, field, measured.get(field), value)
    if run.config.direction not in measured["metrics"]:
        raise UserError(f"report: {run.key}: {path} has no metrics of {run.config.direction}; remove it, {AGAIN}")
    for direction, numbers in measured["metrics"].items():
        test = manifest["splits"]["test"]
        shown = test[SOURCE[direction]]["n"]
        _same(run, path, f"metrics.{direction}.n_fake", numbers["n_fake"], shown)
        _same(run, path, f"metrics.{direction}.n_real", numbers["n_real"], test[TARGET[direction]]["n"])
        for name, each in measured["images"].get(direction, {}).items():
            _same(run, path, f"number of images.{direction}.{name}", len(each), shown)
    return measured


def record_of(run: Run, root: Path) -> dict[str, Any]:
    """What run.json says. Raises UserError if it is missing or of another run."""
    return _read(run, root / run.folder / "run.json", run.fingerprint, lambda path: read_json(path, "fingerprint"))


def _read(run: Run, path: Path, fingerprint: str, read: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    if not path.exists():
        raise UserError(f"report: {path} is missing; run its experiment first")
    try:
        value = read(path)
    except UserError as error:
        raise UserError(f"report: {run.key}: {error}") from None
    if value["fingerprint"] != fingerprint:
        raise UserError(f"report: {path} was made from {value['fingerprint']}, but {fingerprint} is asked for")
    return value


def _same(run: Run, path: Path, field: str, found: Any, asked: Any) -> None:
    if found != asked:
        raise UserError(f"report: {run.key}: {field} is {found} in {path}, but must be {asked}; remove it, {AGAIN}")
