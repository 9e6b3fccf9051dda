"""Where the file of a study lies, and what of it a report is made from."""

from pathlib import Path

from pixcycle.runs import Run, fingerprint
from pixcycle.study.storage import read_answers
from pixcycle.translations import TARGET

FOLDER = Path("data/studies")


def study_file(run: Run, direction: str, root: Path) -> Path:
    """The SQLite file of a run's study; named by its translations, so that those of other images have their own."""
    return root / FOLDER / f"{run.id}-{run.seed}-{direction}-{run.translated_fingerprint}.sqlite"


def answered(root: Path) -> dict[str, str]:
    """Fingerprints of the answers of all studies, by the names of their files. Raises UserError for a damaged one."""
    files = sorted((root / FOLDER).glob("*.sqlite"))
    return {file.name: fingerprint([list(vars(answer).values()) for answer in read_answers(file)]) for file in files}


def shown_studies(runs: list[Run], root: Path) -> list[str]:
    """Names of the files that a report of these runs shows, made or not: both directions of each first seed."""
    first = {run.id: run for run in reversed(runs)}.values()
    return [study_file(run, direction, root).name for run in first for direction in TARGET]
