"""run.json of a finished run: how it ended, its cost, and its hardware and software."""

from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices, Field

from pixcycle.records.manifest import Domain
from pixcycle.records.record import Record


class Attempt(Record):
    """An attempt at a run.

    Attributes
    ----------
    gpus
        CUDA_VISIBLE_DEVICES of the attempt; older versions called it `cards`.
    scheduler, job
        Name of the cluster's scheduler and its number of the job; None outside a cluster.
    from_epoch, from_step
        Epochs, and steps of the next epoch, that earlier attempts had finished.
    """

    started: datetime
    host: str
    gpus: str | None = Field(None, validation_alias=AliasChoices("gpus", "cards"))
    scheduler: str | None = None
    job: str | None = None
    from_epoch: int = 0
    from_step: int = 0


class RunRecord(Record):
    """The record of a finished run.

    Attributes
    ----------
    collapse
        How the run collapsed; empty if it did not.
    arithmetic
        Note on a device that computes `precision` in another way than its name says.
    commit
        Commit of the code that trained it.
    recipe
        Version of the training step, see `pixcycle.plan.names.RECIPE`.
    images_sha256
        SHA-256 of the pixels of the training images, by domain.
    """

    status: Literal["finished", "collapsed"]
    run: str = ""
    fingerprint: str = ""
    data: str = ""
    seed: int = 0
    collapse: str = ""
    epochs: int = 0
    steps: int = 0
    steps_per_epoch: int = 0
    batch_size: int = 0
    parameters: dict[str, int] = {}
    seconds: float = 0
    images_per_second: float | None = None
    peak_memory_mb: int | None = None
    device: str = ""
    processes: int = 1
    threads: int = 1
    precision: str = ""
    arithmetic: str = ""
    versions: dict[str, str] = {}
    recipe: int | None = None
    images_sha256: dict[Domain, str] = {}
    commit: str | None = None
    attempts: list[Attempt] = []


class RunConfig(Record):
    """config.json of a run: its settings when its training began, which an older version may have written.

    Attributes
    ----------
    config
        Settings of the experiment, by name.
    data
        Key of the prepared data.
    """

    config: dict[str, Any]
    data: str = ""
    translated_fingerprint: str | None = None
    metrics_fingerprint: str | None = None


def run_file(run: Path) -> Path:
    return run / "run.json"


def weights_file(run: Path) -> Path:
    return run / "final.safetensors"


def config_file(run: Path) -> Path:
    return run / "config.json"
