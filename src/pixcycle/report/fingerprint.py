"""What a report is made from, as one name: its runs, its words and the code that draws it."""

import hashlib
from functools import cache
from pathlib import Path

from pixcycle.runs import Plan, fingerprint

PUBLISHED = Path("reports/published")


def report_fingerprint(plan: Plan, selection: str, root: Path = Path()) -> str:
    """Changes with any measured run, any text of params.yaml that is shown, any template, caption or colour."""
    runs = [[run.key, run.metrics_fingerprint, run.config.model_dump(mode="json")] for run in plan.select(selection)]
    words = plan.params.model_dump(mode="json", include={"chapters", "datasets", "neighbours"})
    words["min_accuracy"] = plan.segmenter.min_accuracy
    scale = plan.params.scales[plan.params.scale].model_dump(mode="json")
    asked = {run.chapter: None for run in plan.select(selection)}
    published = [[e.model_dump(mode="json") for e in plan.params.experiments[key].values()] for key in asked]
    return fingerprint([selection, runs, words, scale, published, _drawn_by(root)])


@cache
def _drawn_by(root: Path) -> dict[str, str]:
    """Hashes of the code, templates and transcribed tables that every report is drawn by and from."""
    package = Path(__file__).parents[1]
    sources = [
        *package.glob("report/**/*"),
        *package.glob("models/*.py"),
        package / "metrics/extractors.py",
        package / "training/collapse.py",
        *(root / PUBLISHED).glob("*.csv"),
    ]
    return {
        f"{path.parent.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sources
        if path.suffix in {".py", ".j2", ".typ", ".css", ".csv"}
    }
