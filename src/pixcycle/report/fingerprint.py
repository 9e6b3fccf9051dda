"""Fingerprints of reports, from their runs, their words and the code that draws them."""

import hashlib
from functools import cache
from pathlib import Path

from pixcycle.paths import PUBLISHED
from pixcycle.plan.names import fingerprint
from pixcycle.plan.runs import Plan, Run
from pixcycle.study.files import answered, shown_studies


def report_fingerprints(plan: Plan, root: Path = Path()) -> dict[str, str]:
    """Return the fingerprint of the report of each selection that has runs.

    A fingerprint changes with any measured run, any answer of a perceptual study, any text of params.yaml that the
    report shows, and any template, caption or colour.
    """
    words = plan.params.model_dump(mode="json", include={"chapters", "datasets", "neighbours"})
    words["min_accuracy"] = plan.segmenter.min_accuracy
    scale = plan.params.chosen_scale.model_dump(mode="json")
    shared = fingerprint([words, scale, _drawn_by(root)])
    published = {
        chapter: fingerprint([e.model_dump(mode="json") for e in section.values()])
        for chapter, section in plan.params.experiments.items()
    }

    answers = answered(plan.runs.values(), root)

    def name(selection: str, runs: list[Run]) -> str:
        measured = [[run.key, run.metrics_fingerprint] for run in runs]
        chapters = [published[chapter] for chapter in dict.fromkeys(run.chapter for run in runs)]
        studies = [[file, answers[file]] for file in shown_studies(runs, root) if file in answers]
        calibrated = [[node.path] for node in plan.calibrations_of(selection)]
        return fingerprint([selection, measured, chapters, shared, studies, *calibrated])

    return {selection: name(selection, runs) for selection, runs in plan.selections.items() if runs}


@cache
def _drawn_by(root: Path) -> dict[str, str]:
    """Return the hashes of this package's files and of the transcribed tables."""
    package = Path(__file__).parents[1]
    code = [path for path in package.rglob("*") if path.is_file() and path.parent.name != "__pycache__"]
    tables = (root / PUBLISHED).glob("*.csv")
    files = {path.relative_to(package).as_posix(): path for path in code} | {path.name: path for path in tables}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
