"""Agreement of results on the disk with the plan that names them, and with the results that they were made from.

A name says which settings made a node. Its record says more: of which run it is, and the checksums of the weights and
images that it was made from. They differ after a lost run was trained again on another machine, for example.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pixcycle.base.checksums import SUMS, file_sha256, recorded_sha256
from pixcycle.base.errors import UserError
from pixcycle.ledger.staleness import changes
from pixcycle.plan.names import INFERENCE, MACHINE
from pixcycle.plan.runs import Run
from pixcycle.records.manifest import Manifest, manifest_file
from pixcycle.records.metrics import Measured
from pixcycle.records.run import RunConfig, RunRecord, config_file, run_file, weights_file
from pixcycle.records.translated import Translations, translations_file

Step = Literal["train", "translate", "evaluate"]


def refuse_disagreement(run: Run, root: Path, *steps: Step) -> None:
    """Raise UserError, naming the folder or file, for the first result of a run that does not agree. See `disagree`."""
    for step in steps:
        for problem in disagree(run, root, step):
            raise UserError(f"{run.key}: {problem}")


def disagree(run: Run, root: Path, step: Step) -> Iterator[str]:
    """Yield in what the result of a step of a run does not agree; nothing for a result that does not exist.

    What older versions did not record is not compared.
    """
    yield from {"train": _training, "translate": _translations, "evaluate": _metrics}[step](run, root)


def _training(run: Run, root: Path) -> Iterator[str]:
    folder = root / run.folder
    record, config = RunRecord.find(run_file(folder)), RunConfig.find(config_file(folder))
    if record and (record.run or run.key, record.fingerprint or run.fingerprint) != (run.key, run.fingerprint):
        yield f"{folder} holds the run {record.run} {record.fingerprint}; {_again(folder)}"
    if config:
        differing = changes(config.config, run.config.model_dump(mode="json"))
        settings = [name for name in differing if name not in INFERENCE | MACHINE]
        if settings or config.data not in ("", run.data):
            yield f"{folder} was trained with other settings ({', '.join(settings) or 'data'}); {_again(folder)}"


def _translations(run: Run, root: Path) -> Iterator[str]:
    folder = root / run.translated
    record = Translations.find(translations_file(folder))
    if record and _is_other(record.weights_sha256, _weights(run, root)):
        yield f"{folder} was made with other weights than those in {root / run.folder}; {_again(folder)}"
    if record and _is_other(record.images_sha256, _images(run, root)):
        yield f"{folder} was made from other images than those in {root / run.prepared}; {_again(folder)}"


def _metrics(run: Run, root: Path) -> Iterator[str]:
    file, sums = root / run.metrics, root / run.translated / SUMS
    measured = Measured.find(file)
    if not (measured and measured.made_from):
        return
    made_from = measured.made_from
    # Weights of older versions have no checksum: they are read only if there is one to compare with.
    if made_from.weights_sha256 and _is_other(made_from.weights_sha256, _weights(run, root)):
        yield f"{file} was measured with other weights than those in {root / run.folder}; {_again(file)}"
    if _is_other(made_from.translated_sha256, file_sha256(sums) if sums.exists() else ""):
        yield f"{file} was measured on other images than those in {root / run.translated}; {_again(file)}"
    if _is_other(made_from.images_sha256, _images(run, root)):
        yield f"{file} was measured against other images than those in {root / run.prepared}; {_again(file)}"


def _weights(run: Run, root: Path) -> str:
    file = weights_file(root / run.folder)
    return recorded_sha256(file) if file.exists() else ""


def _images(run: Run, root: Path) -> dict[str, str]:
    manifest = Manifest.find(manifest_file(root / run.prepared))
    return {domain: sha256 for domain, sha256 in manifest.sha256("test").items() if sha256} if manifest else {}


def _is_other(recorded: str | dict[str, str], present: str | dict[str, str]) -> bool:
    return bool(recorded and present and recorded != present)


def _again(node: Path) -> str:
    return f"remove {node}, and it will be rebuilt"
