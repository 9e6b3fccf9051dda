"""Where the file of a study lies, and what of it a report is made from."""

import hashlib
from pathlib import Path

from pixcycle.runs import Run

FOLDER = Path("data/studies")


def study_file(run: Run, direction: str, root: Path) -> Path:
    """The SQLite file of a run's study; named by its translations, so that those of other images have their own."""
    return root / FOLDER / f"{run.id}-{run.seed}-{direction}-{run.translated_fingerprint}.sqlite"


def study_of(run: Run, direction: str) -> str:
    """What the participants are shown."""
    return f"{run.translated}/{direction}"


def studies_digest(runs: list[Run], root: Path) -> list[list[str]]:
    """Name and sha256 of all studies of these runs: a report of them is remade when one has new answers."""
    found = [study_file(run, direction, root) for run in runs for direction in ("a_to_b", "b_to_a")]
    return [[file.name, hashlib.sha256(file.read_bytes()).hexdigest()] for file in found if file.exists()]
