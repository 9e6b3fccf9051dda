"""Where a report comes from: the code that drew it, and for each run its parameters, files, attempts and commit."""

import hashlib
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pixcycle.commit import commit
from pixcycle.report.content import Block, Bullets, Figure, File, RunEntry, Runs, Section, Table, blocks_of, claims_of
from pixcycle.report.values import Values
from pixcycle.runs import DESCRIPTIVE, MACHINE, Run
from pixcycle.training.progress import duration

NOT_RECORDED = "not recorded"
"""Of a run that was trained before its record told such a thing; it is right for ever, and not trained anew."""


def provenance(values: Values) -> Bullets:
    """The state of the project when the report was drawn, and the versions that its runs were trained with."""
    versions = dict.fromkeys(_versions(record) for record in values.records.values())
    items = [
        ("Commit of this report", commit(values.root)),
        ("params.yaml", _sha256(values.root / "params.yaml")),
        ("requirements.lock", _sha256(values.root / "requirements.lock")),
        ("Versions of the trainings", "; ".join(versions)),
    ]
    return Bullets(items)


def runs(values: Values, sections: list[Section], out: Path) -> list[Block]:
    """An entry for each run, by experiment. sections: those before, whose tables, figures and claims the entries name.

    out: the report's folder, from which the runs' files are addressed.
    """
    shown_in = _shown_in(sections)
    return [
        Runs(id, _settings(values, seeds[0]), [_entry(values, run, shown_in.get(run.key, []), out) for run in seeds])
        for id, seeds in values.runs.items()
    ]


def command(values: Values, keys: list[str]) -> str:
    """What makes these runs, and the report that shows them: the target with the fewest runs that has all of them.

    Without keys it is what this whole report was asked by.
    """
    plan, asked = values.plan, set(keys)
    target = next(name for name, runs in values.targets if asked <= runs) if keys else values.selection
    extractor = f" extractor={plan.params.extractor}" if plan.params.extractor else ""
    return f"snakemake {target} --cores all --config scale={plan.params.scale}{extractor}"


def log_file(run: Run, step: str, fingerprint: str) -> str:
    """The log file of a step (`train`, `translate`, `evaluate`) of a run, as the rules of the workflow name it."""
    return f"logs/{run.scale}/{run.id}/{step}-{run.seed}-{fingerprint}.log"


def _shown_in(sections: list[Section]) -> dict[str, list[str]]:
    """Key of a run -> ids of the tables, figures and claims that are made from it."""
    found: dict[str, list[str]] = {}
    for item in (*blocks_of(sections, Table, Figure), *claims_of(sections)):
        for key in item.made_from:
            found.setdefault(key, []).append(item.id)
    return found


def device(record: dict[str, Any]) -> str:
    """Return what a run was trained on: device, processes and threads, precision."""
    processes = f"{n} processes of " if (n := record.get("processes", 1)) > 1 else ""
    arithmetic = f" ({note})" if (note := record.get("arithmetic")) else ""
    return f"{record['device']}, {processes}{record['threads']} thread(s), {record['precision']}{arithmetic}"


def _entry(values: Values, run: Run, shown_in: list[str], out: Path) -> RunEntry:
    record = values.records[run.key]
    result = f"{record['status']} after {duration(record['seconds'])}"
    result += f" at {record['images_per_second']:.1f} images/s" if record["images_per_second"] else ""
    facts = [
        ("Result", ": ".join(filter(None, [result, record["collapse"]]))),
        ("Command", command(values, [run.key])),
        ("Commit", record.get("commit", NOT_RECORDED)),
        ("Attempts", "; ".join(map(_attempt, record.get("attempts", []))) or NOT_RECORDED),
        ("Device", f"{device(record)}; {_versions(record)}"),
    ]
    return RunEntry(run.key, facts, _files(values, run, out), shown_in)


def _files(values: Values, run: Run, out: Path) -> list[tuple[str, list[File]]]:
    """Each step with its fingerprint, and what it left: its folder, the files of note in that, its log."""

    def file(path: str, text: str = "") -> File:
        there = values.root / path
        return File(text or path, quote(os.path.relpath(there, out)) if there.exists() else None)

    def folder(path: str, *names: str) -> list[File]:
        return [file(path), *(file(f"{path}/{name}", name) for name in names)]

    trained, translated, measured = run.fingerprint, run.translated_fingerprint, run.metrics_fingerprint
    kept = ("config.json", "history.csv", "run.json")
    return [
        ("Data", folder(run.prepared, "manifest.json")),
        (f"Training {trained}", [*folder(run.folder, *kept), file(log_file(run, "train", trained))]),
        (f"Translation {translated}", [file(run.translated), file(log_file(run, "translate", translated))]),
        (f"Measurement {measured}", [file(run.metrics), file(log_file(run, "evaluate", measured))]),
    ]


def _attempt(attempt: dict[str, Any]) -> str:
    started = f"{datetime.fromisoformat(attempt['started']):%Y-%m-%d %H:%M:%S %Z} on {attempt['host']}"
    job = f", SLURM job {attempt['slurm_job_id']}" if attempt["slurm_job_id"] else ""
    cards = f", GPU {attempt['cards']}" if attempt.get("cards") else ""
    return f"{started}{job}{cards}, from epoch {attempt['from_epoch']}"


def _settings(values: Values, run: Run) -> list[tuple[str, str]]:
    """Those of the experiment as it was run, with what the scale changed, and what it was measured with."""
    ours, unscaled = (
        e.model_dump(mode="json", exclude=DESCRIPTIVE - {"dataset"} | MACHINE)
        for e in (run.config, values.as_published(run))
    )
    settings = [
        (name, _written(value) + ("" if value == unscaled[name] else f" (unscaled: {_written(unscaled[name])})"))
        for name, value in ours.items()
        if value not in (None, []) or unscaled[name] not in (None, [])
    ]
    return [*settings, ("extractor", run.extractor), ("neighbours", str(values.plan.params.neighbours))]


def _written(value: Any) -> str:
    """As in params.yaml."""
    return value if isinstance(value, str) else json.dumps(value)


def _versions(record: dict[str, Any]) -> str:
    return ", ".join(f"{name} {version}" for name, version in record["versions"].items())


def _sha256(path: Path) -> str:
    return f"sha256 {hashlib.sha256(path.read_bytes()).hexdigest()[:16]}" if path.exists() else "not there"
