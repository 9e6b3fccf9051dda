"""Locate the files of studies, and fingerprint the answers that a report uses."""

from collections.abc import Iterable
from pathlib import Path

from pixcycle.paths import STUDIES, TARGET
from pixcycle.plan.names import fingerprint
from pixcycle.plan.runs import Run
from pixcycle.study.storage import read_answers


def study_file(run: Run, direction: str, root: Path) -> Path:
    """Return the SQLite file of a run's study, named by its translations: other images get another file."""
    return root / STUDIES / f"{run.id}-{run.seed}-{direction}-{run.translated_fingerprint}.sqlite"


def answered(runs: Iterable[Run], root: Path) -> dict[str, str]:
    """Return the fingerprint of the answers of each study of these runs, by file name.

    Raises
    ------
    UserError
        If such a file is damaged. Studies of other images are not read.
    """
    names = {study_file(run, direction, root).name for run in runs for direction in TARGET}
    files = [file for file in sorted((root / STUDIES).glob("*.sqlite")) if file.name in names]
    return {file.name: fingerprint([list(vars(answer).values()) for answer in read_answers(file)]) for file in files}


def shown_studies(runs: list[Run], root: Path) -> list[str]:
    """Return the names of the study files that a report on these runs shows, whether they exist or not.

    There are two per experiment, one for each direction of its first seed.
    """
    first = {run.id: run for run in reversed(runs)}.values()
    return [study_file(run, direction, root).name for run in first for direction in TARGET]
