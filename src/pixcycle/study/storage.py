"""The one file of a study: who was shown what, and what they answered. Nothing in it tells who they are."""

import errno
import hashlib
import os
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from pixcycle.errors import UserError
from pixcycle.room import room_for
from pixcycle.study import protocol
from pixcycle.study.protocol import SHOWN_MS, Kind, Side, Trial

TABLES = (
    "CREATE TABLE IF NOT EXISTS study (of TEXT NOT NULL, images INTEGER NOT NULL, seed INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS participants (id INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE)",
    "CREATE TABLE IF NOT EXISTS trials (participant INTEGER NOT NULL REFERENCES participants, number INTEGER NOT NULL,"
    " token TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, image INTEGER NOT NULL, real TEXT NOT NULL, shown REAL,"
    " broken_off INTEGER NOT NULL DEFAULT 0, answer TEXT, displayed_ms REAL, seconds REAL,"
    " PRIMARY KEY (participant, number))",
)
EARLY = 0.1
"""Seconds by which an answer may come before its pair is gone: the clocks of browser and server are not one."""


class Refused(Exception):
    """What a browser asked for is not its turn, not its own, or was done before."""


@dataclass(frozen=True)
class Turn:
    """The trial that a participant is at. number, of: counted from 1, in its part (practice, or what counts)."""

    token: str
    trial: Trial
    number: int
    of: int


@dataclass(frozen=True)
class Answer:
    """One answered trial, as it is exported."""

    participant: int
    number: int
    kind: Kind
    image: int
    took_generated_for_real: bool
    displayed_ms: float
    seconds: float
    """From the end of the display to the answer, as the server saw it."""


class Study:
    """A study's SQLite file. Each call is one transaction that is on disk when it returns."""

    def __init__(self, path: Path, images: int, seed: int = 0):
        """Open the file, or make it; its name says what is shown, and one that was renamed is refused.

        images: of the test split. seed: from which the participants' schedules are drawn.
        """
        self.path, self.of = path, path.stem
        self._turns = Lock()  # who waits for SQLite's own lock sleeps long
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._transaction() as db:
            for table in TABLES:
                db.execute(table)
            known = db.execute("SELECT of, images, seed FROM study").fetchone()
            if known is None:
                known = (self.of, images, seed)
                db.execute("INSERT INTO study VALUES (?, ?, ?)", known)
        if known[:2] != (self.of, images):
            told = f"{known[0]} with {known[1]} images, not of {self.of} with {images}"
            raise UserError(f"{path}: is a study of {told}")
        self._images, self._seed = known[1:]

    def begin(self) -> str:
        """A new participant's token, which only their browser keeps."""
        token = secrets.token_urlsafe(24)
        with self._transaction() as db:
            id = db.execute("INSERT INTO participants (token) VALUES (?)", (_hash(token),)).lastrowid
            for number, trial in enumerate(protocol.schedule(self._schedule_seed(id), self._images)):
                _add(db, id, number, trial)
        return token

    def turn(self, participant: str) -> Turn | None:
        """The participant's next trial; None after the last one.

        A trial whose display was begun and which was never answered was broken off, as by a reload: it counts for
        nothing, and another pair takes the place of a test.
        """
        with self._transaction() as db:
            id = _id(db, participant)
            lost = db.execute(
                "SELECT number, kind FROM trials WHERE participant = ? AND shown NOTNULL AND answer ISNULL"
                " AND NOT broken_off",
                (id,),
            ).fetchall()
            for number, kind in lost:
                db.execute("UPDATE trials SET broken_off = 1 WHERE participant = ? AND number = ?", (id, number))
                if kind == "test":
                    self._replace(db, id)
            found = db.execute(
                "SELECT token, kind, image, real, number FROM trials WHERE participant = ? AND shown ISNULL"
                " ORDER BY number LIMIT 1",
                (id,),
            ).fetchone()
            if found is None:
                return None
            token, kind, image, real, number = found
            part = "kind = 'practice'" if kind == "practice" else "kind != 'practice' AND NOT broken_off"
            place, of = db.execute(
                f"SELECT SUM(number <= ?), COUNT(*) FROM trials WHERE participant = ? AND {part}", (number, id)
            ).fetchone()
        return Turn(token, Trial(kind, image, real), place, of)

    def trial(self, participant: str, token: str) -> Trial:
        """A trial that is to be shown. Raises Refused for one of somebody else, and for one that was shown already."""
        with self._transaction() as db:
            kind, image, real, shown, _ = _trial(db, _id(db, participant), token)
        if shown:
            raise Refused("this pair was shown already")
        return Trial(kind, image, real)

    def show(self, participant: str, token: str) -> None:
        """Note that the display begins now: once."""
        with self._transaction() as db:
            *_, shown, _ = _trial(db, _id(db, participant), token)
            if shown:
                raise Refused("this pair was shown already")
            db.execute("UPDATE trials SET shown = ? WHERE token = ?", (time.time(), token))

    def answer(self, participant: str, token: str, real: Side, displayed_ms: float) -> bool | None:
        """Note which side the participant takes for real; whether they are right, in practice, else None.

        Raises Refused unless the pair was shown to the end, and for a second answer.
        """
        with self._transaction() as db:
            kind, _, truth, shown, answered = _trial(db, _id(db, participant), token)
            seconds = time.time() - shown - SHOWN_MS / 1000 if shown else -1
            if seconds < -EARLY:
                raise Refused("this pair has not been shown")
            if answered:
                raise Refused("this pair was answered or broken off already")
            db.execute(
                "UPDATE trials SET answer = ?, displayed_ms = ?, seconds = ? WHERE token = ?",
                (real, displayed_ms, round(max(seconds, 0), 3), token),
            )
        return real == truth if kind == "practice" else None

    def _replace(self, db: sqlite3.Connection, id: int) -> None:
        used = {image for (image,) in db.execute("SELECT image FROM trials WHERE participant = ?", (id,))}
        last = db.execute("SELECT MAX(number) FROM trials WHERE participant = ?", (id,)).fetchone()[0]
        if trial := protocol.spare(self._schedule_seed(id), self._images, used):
            _add(db, id, last + 1, trial)

    def _schedule_seed(self, id: int) -> int:
        return self._seed * 1_000_000 + id

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._turns, closing(sqlite3.connect(self.path, timeout=30, isolation_level=None)) as db:
                db.execute("PRAGMA synchronous = FULL")
                db.execute("BEGIN IMMEDIATE")
                with db:  # committed at its end, or rolled back
                    yield db
        except sqlite3.DatabaseError as error:
            with room_for(self.path):
                raise _unusable(self.path, error) from error


def read_answers(path: Path) -> list[Answer]:
    """All that were given in a study, in order of participants and trials; the file is only read.

    Raises UserError for a file that is no study.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as db:
            rows = db.execute(
                "SELECT participant, number, kind, image, answer != real, displayed_ms, seconds FROM trials"
                " WHERE answer NOTNULL ORDER BY participant, number"
            ).fetchall()
    except sqlite3.DatabaseError as error:
        raise _unusable(path, error) from error
    return [Answer(*row[:4], bool(row[4]), *row[5:]) for row in rows]


def _unusable(path: Path, error: sqlite3.DatabaseError) -> UserError | OSError:
    if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    return UserError(f"{path}: cannot be used as the file of a study: {error}")


def _add(db: sqlite3.Connection, participant: int, number: int, trial: Trial) -> None:
    row = (participant, number, secrets.token_urlsafe(12), trial.kind, trial.image, trial.real)
    db.execute("INSERT INTO trials (participant, number, token, kind, image, real) VALUES (?, ?, ?, ?, ?, ?)", row)


def _id(db: sqlite3.Connection, participant: str) -> int:
    found = db.execute("SELECT id FROM participants WHERE token = ?", (_hash(participant),)).fetchone()
    if found is None:
        raise Refused("unknown participant")
    return found[0]


def _trial(db: sqlite3.Connection, id: int, token: str) -> tuple[Kind, int, Side, float | None, bool]:
    found = db.execute(
        "SELECT kind, image, real, shown, answer NOTNULL OR broken_off FROM trials WHERE token = ? AND participant = ?",
        (token, id),
    ).fetchone()
    if found is None:
        raise Refused("no such pair for you")
    return found


def _hash(token: str) -> str:
    """What is kept of a participant's token: whoever reads the file cannot answer in their name."""
    return hashlib.sha256(token.encode()).hexdigest()
