"""Provenance of a report: the code that drew it, and the parameters, files, attempts and commit of each run."""

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pixcycle.base.git import commit
from pixcycle.base.progress import duration
from pixcycle.methods.registry import METHODS
from pixcycle.params.origins import Origin, origins
from pixcycle.plan.names import DESCRIPTIVE, MACHINE
from pixcycle.plan.runs import Run, written_id
from pixcycle.records.run import Attempt, RunRecord
from pixcycle.report.content import Block, Bullets, Figure, Section, Table, blocks_of, claims_of
from pixcycle.report.run_entry import File, RunEntry, Runs
from pixcycle.report.values import Values
from pixcycle.training.coin import drawn_flips

if TYPE_CHECKING:
    from pixcycle.report.draft import Draft  # not at run time: it draws, and `pixcycle compare` need not

ORIGINS: dict[Origin, str] = {
    "stated": "Stated by the report",
    "from code": "From the report's own code",
    "assumed": "Assumed (reasons: @{}-assumptions)",
    "ours": "Ours",
}
"""Origin of settings -> title of their group."""
NOT_RECORDED = "not recorded"
"""For runs trained before records had such a field; they stay valid and are not trained again."""


def provenance(values: Values) -> Bullets:
    """Return the state of the project when the report was drawn, and the versions that its runs were trained with."""
    versions = dict.fromkeys(_versions(record) for record in values.records.values())
    items = [
        ("Commit of this report", commit(values.root)),
        ("params.yaml", _sha256(values.root / "params.yaml")),
        ("requirements.lock", _sha256(values.root / "requirements.lock")),
        ("Versions of the trainings", "; ".join(versions)),
    ]
    return Bullets(items)


def runs(draft: "Draft", sections: list[Section]) -> list[Block]:
    """Return an entry for each run, grouped by experiment.

    Parameters
    ----------
    sections
        The report's other sections, whose tables, figures and claims the entries name.
    """
    shown_in = _shown_in(sections)
    return [
        Runs(id, _settings(draft, seeds[0]), [_entry(draft, run, shown_in.get(run.key, [])) for run in seeds])
        for id, seeds in draft.runs.items()
    ]


def command(values: Values, keys: list[str]) -> str:
    """Return the command that makes these runs and a report on them: the smallest target that includes them all.

    Without keys, return the command for this whole report.
    """
    plan, needed = values.plan, set(keys)
    target = next(name for name, runs in values.targets if needed <= runs) if keys else values.selection
    extractor = f" extractor={plan.params.extractor}" if plan.params.extractor else ""
    return f"snakemake {target} --cores all --config scale={plan.params.scale}{extractor}"


def how_to_run_the_rest(values: Values) -> str:
    """Return the command that runs what a report of this selection and scale lacks; empty if it lacks nothing."""
    params = values.plan.params
    described = {f"{chapter}-{name}" for chapter, named in params.experiments.items() for name in named}
    if described <= set(map(written_id, values.runs)):
        return ""
    whole = [name for name, scale in params.scales.items() if not scale.experiments]
    scale = params.scale if params.scale in whole or not whole else whole[0]
    return f"snakemake all --cores all --config scale={scale}"


def _shown_in(sections: list[Section]) -> dict[str, list[str]]:
    """Map the key of each run to the ids of the tables, figures and claims that are made from it."""
    ids: dict[str, list[str]] = {}
    for item in (*blocks_of(sections, Table, Figure), *claims_of(sections)):
        for key in item.made_from:
            ids.setdefault(key, []).append(item.id)
    return ids


def device(record: RunRecord) -> str:
    """Return what a run was trained on: device, processes and threads, precision."""
    processes = f"{record.processes} processes of " if record.processes > 1 else ""
    arithmetic = f" ({record.arithmetic})" if record.arithmetic else ""
    return f"{record.device}, {processes}{record.threads} thread(s), {record.precision}{arithmetic}"


def _entry(draft: "Draft", run: Run, shown_in: list[str]) -> RunEntry:
    record = draft.records[run.key]
    result = f"{record.status} after {duration(record.seconds)}"
    result += f" at {record.images_per_second:.1f} images/s" if record.images_per_second else ""
    facts = [
        ("Result", ": ".join(filter(None, [result, record.collapse]))),
        ("Command", command(draft, [run.key])),
        ("Commit", record.commit or NOT_RECORDED),
        ("Attempts", "; ".join(map(_attempt, record.attempts)) or NOT_RECORDED),
        ("Device", f"{device(record)}; {_versions(record)}"),
    ]
    if flips := drawn_flips(run.config, draft.plan.params.datasets[run.config.dataset].domains, run.seed):
        facts.append(("Flips of the whole training", f"{flips}, as drawn from seed {run.seed}"))
    named = [
        ("Data", run.data),
        ("Training", run.fingerprint),
        ("Translation", run.translated_fingerprint),
        ("Measurement", run.metrics_fingerprint),
    ]
    return RunEntry(run.key, facts, _files(draft, run), shown_in, named)


def _files(draft: "Draft", run: Run) -> list[tuple[str, list[File]]]:
    """Return each step with its fingerprint and what it left: its folder, the main files in it, its log."""

    def file(path: str, text: str = "") -> File:
        target = draft.root / path
        return File(text or path, quote(os.path.relpath(target, draft.out)) if target.exists() else None)

    def folder(path: str, *names: str) -> list[File]:
        return [file(path), *(file(f"{path}/{name}", name) for name in names)]

    trained, translated, measured = run.fingerprint, run.translated_fingerprint, run.metrics_fingerprint
    kept = ("config.json", "history.csv", "run.json")
    return [
        ("Data", folder(run.prepared, "manifest.json")),
        (
            f"Training {trained}",
            [*folder(run.folder, *kept), file(run.log("train"))],
        ),
        (
            f"Translation {translated}",
            [file(run.translated), file(run.log("translate"))],
        ),
        (
            f"Measurement {measured}",
            [file(run.metrics), file(run.log("evaluate"))],
        ),
    ]


def _attempt(attempt: Attempt) -> str:
    started = f"{attempt.started:%Y-%m-%d %H:%M:%S %Z} on {attempt.host}"
    job = f", {attempt.scheduler} job {attempt.job}" if attempt.job else ""
    gpus = f", GPU {attempt.gpus}" if attempt.gpus else ""
    return f"{started}{job}{gpus}, from epoch {attempt.from_epoch}"


def _settings(values: Values, run: Run) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the settings that the experiment's method used, by where each comes from, and how it was measured.

    A setting that the scale changed reads `256, here 64`.
    """
    params = values.plan.params
    written = params.experiments[run.chapter][written_id(run.name)]
    origin = origins(written, coded=run.id != written_id(run.id))
    hidden = DESCRIPTIVE - {"dataset"} | MACHINE | set(METHODS[run.config.method].unused)
    ours, unscaled = (e.model_dump(mode="json", exclude=hidden) for e in (run.config, values.as_published(run)))
    groups: dict[Origin, list[tuple[str, str]]] = {}
    for name, value in ours.items():
        if value not in (None, []) or unscaled[name] not in (None, []):
            here = "" if value == unscaled[name] else f", here {_written(value)}"
            groups.setdefault(origin[name], []).append((name, f"{_written(unscaled[name])}{here}"))
    measured = [("extractor", run.extractor), ("neighbours", str(params.neighbours))]
    titled = [(title.format(run.chapter), groups[origin]) for origin, title in ORIGINS.items() if origin in groups]
    return [*titled, ("Measured with", measured)]


def _written(value: Any) -> str:
    """Return a value as params.yaml has it."""
    return value if isinstance(value, str) else json.dumps(value)


def _versions(record: RunRecord) -> str:
    return ", ".join(f"{name} {version}" for name, version in record.versions.items())


def _sha256(path: Path) -> str:
    return f"sha256 {hashlib.sha256(path.read_bytes()).hexdigest()[:16]}" if path.exists() else "not there"
