"""What a report is made from, as one name: its runs, its words and the code that draws it."""

import hashlib
from functools import cache
from pathlib import Path

from pixcycle.runs import Plan, Run, fingerprint
from pixcycle.study.files import answered, shown_studies

PUBLISHED = Path("reports/published")
DRAWN_BY = (
    *("report", "models", "metrics/checkerboard.py", "metrics/extractors.py"),
    *("study/files.py", "study/protocol.py", "study/result.py", "study/storage.py"),
    *("training", "translations.py", "runs.py", "csv_table.py"),
)
"""Below src/pixcycle; the stages of dvc.yaml depend on the same."""


def report_fingerprints(plan: Plan, root: Path = Path()) -> dict[str, str]:
    """The name of each selection's report; of those that have runs.

    It changes with any measured run, any answer of a study, any text of params.yaml that is shown, any template,
    caption or colour.
    """
    words = plan.params.model_dump(mode="json", include={"chapters", "datasets", "neighbours"})
    words["min_accuracy"] = plan.segmenter.min_accuracy
    scale = plan.params.chosen_scale.model_dump(mode="json")
    shared = fingerprint([words, scale, _drawn_by(root)])
    published = {
        chapter: fingerprint([e.model_dump(mode="json") for e in section.values()])
        for chapter, section in plan.params.experiments.items()
    }

    answers = answered(root)

    def name(selection: str, runs: list[Run]) -> str:
        measured = [[run.key, run.metrics_fingerprint] for run in runs]
        chapters = [published[chapter] for chapter in dict.fromkeys(run.chapter for run in runs)]
        studies = [[file, answers[file]] for file in shown_studies(runs, root) if file in answers]
        return fingerprint([selection, measured, chapters, shared, studies])

    return {selection: name(selection, runs) for selection, runs in plan.selections.items() if runs}


@cache
def _drawn_by(root: Path) -> dict[str, str]:
    """Hashes of the code, templates and transcribed tables that every report is drawn by and from."""
    package = Path(__file__).parents[1]
    code = [path for drawn_by in DRAWN_BY for path in (package / drawn_by, *(package / drawn_by).rglob("*"))]
    sources = [*code, *(root / PUBLISHED).glob("*.csv")]
    return {
        f"{path.parent.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sources
        if path.suffix in {".py", ".j2", ".typ", ".css", ".csv", ".js", ".yaml"}
    }
