"""The SQLite file of a study: what each participant was shown and answered, and nothing that identifies them."""

import hashlib
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from pydantic import TypeAdapter, ValidationError

from pixcycle.base.errors import UserError
from pixcycle.study.database import NotAStudy, check_tables, create, opened, stored_protocol
from pixcycle.study.protocol import DEFAULT, SHOWN_MS, Kind, Protocol, Side, Trial, schedule, spare

EARLY = 0.1
"""Seconds by which an answer may arrive before the display ends: browser and server have different clocks."""


class Refused(Exception):
    """The browser's request is out of turn, concerns another participant's trial, or repeats an earlier one."""


@dataclass(frozen=True)
class Turn:
    """A participant's current trial: number `number` of `of`, from 1, in its part (practice, or tests and checks)."""

    token: str
    trial: Trial
    number: int
    of: int


@dataclass(frozen=True)
class Answer:
    """One answered trial, as exported.

    Attributes
    ----------
    seconds
        From the end of the display to the answer, measured by the server.
    """

    participant: int
    number: int
    kind: Kind
    image: int
    took_generated_for_real: bool
    displayed_ms: float
    seconds: float


class Study:
    """A study's SQLite file. Each call is one transaction, which is on disk when the call returns."""

    def __init__(self, path: Path, images: int, seed: int = 0, protocol: Protocol = DEFAULT):
        """Open or create the file. Its name identifies the images; raise UserError if the file was renamed.

        Parameters
        ----------
        images
            Number of images in the test split.
        seed
            Seed of the participants' schedules.
        protocol
            What participants are shown; raise UserError if the study in the file was begun with another one.
        """
        self.path, self.of = path, path.stem
        self._turns = Lock()  # SQLite's own lock is polled at long intervals
        if not path.exists():
            create(path, self.of, images, seed, protocol)
        with self._transaction() as db:
            check_tables(path, db)
            row = db.execute("SELECT of, images, seed FROM study").fetchone()
            begun = stored_protocol(path, db)
        if row is None:
            raise NotAStudy(path, "its table `study` is empty")
        if row[:2] != (self.of, images):
            raise UserError(f"{path}: is a study of {row[0]} with {row[1]} images, not of {self.of} with {images}")
        if begun != protocol:
            same = f"--pairing {begun.pairing}" + ("" if begun.checks else " --no-checks")
            raise UserError(
                f"{path}: was begun with {begun}, now asked for {protocol}: continue it with {same}, or move the file"
                " away to begin another study"
            )
        self.protocol = protocol
        self._images, self._seed = row[1:]

    def participants(self) -> int:
        """Return how many participants have begun."""
        with self._transaction() as db:
            return db.execute("SELECT COUNT(*) FROM participants").fetchone()[0]

    def begin(self) -> str:
        """Add a participant and return their token, which only their browser keeps."""
        token = secrets.token_urlsafe(24)
        with self._transaction() as db:
            id = db.execute("INSERT INTO participants (token) VALUES (?)", (_hash(token),)).lastrowid
            for number, trial in enumerate(schedule(self._schedule_seed(id), self._images, self.protocol.checks)):
                _add(db, id, number, trial)
        return token

    def turn(self, participant: str) -> Turn | None:
        """Return the participant's next trial; None after the last one.

        A trial that was displayed but not answered was aborted, for example by a reload. It does not count, and a test
        is replaced by another pair.
        """
        with self._transaction() as db:
            id = _id(db, participant)
            aborted = db.execute(
                "SELECT number, kind FROM trials WHERE participant = ? AND shown NOTNULL AND answer ISNULL"
                " AND NOT broken_off",
                (id,),
            ).fetchall()
            for number, kind in aborted:
                db.execute("UPDATE trials SET broken_off = 1 WHERE participant = ? AND number = ?", (id, number))
                if kind == "test":
                    self._replace(db, id)
            row = db.execute(
                "SELECT token, kind, image, real, number FROM trials WHERE participant = ? AND shown ISNULL"
                " ORDER BY number LIMIT 1",
                (id,),
            ).fetchone()
            if row is None:
                return None
            token, kind, image, real, number = row
            part = "kind = 'practice'" if kind == "practice" else "kind != 'practice' AND NOT broken_off"
            position, of = db.execute(
                f"SELECT SUM(number <= ?), COUNT(*) FROM trials WHERE participant = ? AND {part}", (number, id)
            ).fetchone()
        return Turn(token, Trial(kind, image, real), position, of)

    def trial(self, participant: str, token: str) -> Trial:
        """Return a trial to show. Raise Refused if it is another participant's, or was already shown."""
        with self._transaction() as db:
            kind, image, real, shown, _ = _trial(db, _id(db, participant), token)
        if shown:
            raise Refused("this pair was already shown")
        return Trial(kind, image, real)

    def show(self, participant: str, token: str) -> None:
        """Record that the display begins now. Raise Refused if it began before."""
        with self._transaction() as db:
            *_, shown, _ = _trial(db, _id(db, participant), token)
            if shown:
                raise Refused("this pair was already shown")
            db.execute("UPDATE trials SET shown = ? WHERE token = ?", (time.time(), token))

    def answer(self, participant: str, token: str, real: Side, displayed_ms: float) -> bool | None:
        """Record which side the participant takes for real; return whether they are right, but None outside practice.

        Raises
        ------
        Refused
            If the pair was not shown to the end, or was already answered.
        """
        with self._transaction() as db:
            kind, _, truth, shown, answered = _trial(db, _id(db, participant), token)
            seconds = time.time() - shown - SHOWN_MS / 1000 if shown else -1
            if seconds < -EARLY:
                raise Refused("this pair has not been shown yet")
            if answered:
                raise Refused("this pair was already answered or aborted")
            db.execute(
                "UPDATE trials SET answer = ?, displayed_ms = ?, seconds = ? WHERE token = ?",
                (real, displayed_ms, round(max(seconds, 0), 3), token),
            )
        return real == truth if kind == "practice" else None

    def _replace(self, db: sqlite3.Connection, id: int) -> None:
        used = {image for (image,) in db.execute("SELECT image FROM trials WHERE participant = ?", (id,))}
        last = db.execute("SELECT MAX(number) FROM trials WHERE participant = ?", (id,)).fetchone()[0]
        if trial := spare(self._schedule_seed(id), self._images, used):
            _add(db, id, last + 1, trial)

    def _schedule_seed(self, id: int) -> int:
        return self._seed * 1_000_000 + id

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._turns, opened(self.path) as db:
            db.execute("PRAGMA synchronous = FULL")
            db.execute("BEGIN IMMEDIATE")
            with db:  # commits on success, otherwise rolls back
                yield db


def read_answers(path: Path) -> list[Answer]:
    """Return all answers of a study, in the order of participants and trials.

    Raises
    ------
    UserError
        If the file is not a study.
    """
    with opened(path) as db:
        check_tables(path, db)
        rows = db.execute(
            "SELECT participant, number, kind, image,"
            " CASE WHEN answer IN ('left', 'right') THEN answer != real END AS took_generated_for_real,"
            " displayed_ms, seconds FROM trials WHERE answer NOTNULL ORDER BY participant, number"
        )
        names = [column for column, *_ in rows.description]
        answers = [dict(zip(names, row, strict=True)) for row in rows]
    try:
        return TypeAdapter(list[Answer]).validate_python(answers)
    except ValidationError as error:
        mistake = error.errors()[0]
        index, field = mistake["loc"]
        raise NotAStudy(path, f"{field} of answer {index + 1}: {mistake['msg']}") from None


def read_protocol(path: Path) -> Protocol:
    """Return the protocol of a study. Raise UserError if the file is not a study."""
    with opened(path) as db:
        check_tables(path, db)
        return stored_protocol(path, db)


def _add(db: sqlite3.Connection, participant: int, number: int, trial: Trial) -> None:
    row = (participant, number, secrets.token_urlsafe(12), trial.kind, trial.image, trial.real)
    db.execute("INSERT INTO trials (participant, number, token, kind, image, real) VALUES (?, ?, ?, ?, ?, ?)", row)


def _id(db: sqlite3.Connection, participant: str) -> int:
    row = db.execute("SELECT id FROM participants WHERE token = ?", (_hash(participant),)).fetchone()
    if row is None:
        raise Refused("unknown participant")
    return row[0]


def _trial(db: sqlite3.Connection, id: int, token: str) -> tuple[Kind, int, Side, float | None, bool]:
    row = db.execute(
        "SELECT kind, image, real, shown, answer NOTNULL OR broken_off FROM trials WHERE token = ? AND participant = ?",
        (token, id),
    ).fetchone()
    if row is None:
        raise Refused("this participant has no such pair")
    return row


def _hash(token: str) -> str:
    """Hash a participant's token, so that a reader of the file cannot answer for them."""
    return hashlib.sha256(token.encode()).hexdigest()
