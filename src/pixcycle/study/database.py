"""Create, open and check the SQLite file of a study."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import get_args

from pixcycle.base.disk_full import room_for
from pixcycle.base.errors import UserError
from pixcycle.base.file_lock import only_one
from pixcycle.base.files import write_bytes
from pixcycle.study.protocol import DEFAULT, Pairing, Protocol

TABLES = (
    "CREATE TABLE study (of TEXT NOT NULL, images INTEGER NOT NULL, seed INTEGER NOT NULL)",
    "CREATE TABLE participants (id INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE)",
    "CREATE TABLE trials (participant INTEGER NOT NULL REFERENCES participants, number INTEGER NOT NULL,"
    " token TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, image INTEGER NOT NULL, real TEXT NOT NULL, shown REAL,"
    " broken_off INTEGER NOT NULL DEFAULT 0, answer TEXT, displayed_ms REAL, seconds REAL,"
    " PRIMARY KEY (participant, number))",
)
PROTOCOL = "CREATE TABLE protocol (pairing TEXT NOT NULL, checks INTEGER NOT NULL)"
"""Table that files of older versions lack: their studies have the protocol DEFAULT."""
DAMAGED = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
"""SQLite's errors for files that are truncated, no databases, or databases with other tables."""


class NotAStudy(UserError):
    """Error for a file that is not a study, or is damaged."""

    def __init__(self, path: Path, reason: object):
        super().__init__(f"{path}: is not a study file ({reason}); restore it, or remove it")


def create(path: Path, of: str, images: int, seed: int, protocol: Protocol) -> None:
    """Write the file of a study without participants, complete or not at all; an existing file is kept."""
    with closing(sqlite3.connect(":memory:")) as db:
        with db:
            for table in (*TABLES, PROTOCOL):
                db.execute(table)
            db.execute("INSERT INTO study VALUES (?, ?, ?)", (of, images, seed))
            db.execute("INSERT INTO protocol VALUES (?, ?)", (protocol.pairing, protocol.checks))
        content = db.serialize()
    with only_one(path):
        if not path.exists():
            write_bytes(path, content)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open an existing file; a transaction that a killed process left unfinished is rolled back.

    Raises
    ------
    UserError
        For errors of SQLite inside the block: NotAStudy for a damaged file, DiskFull for a full disk.
    """
    try:
        address = f"{path.absolute().as_uri()}?mode=rw"  # never creates a file
        with closing(sqlite3.connect(address, uri=True, timeout=30, isolation_level=None)) as db:
            yield db
    except sqlite3.Error as error:
        with room_for(path):
            raise _explained(path, error) from error


def check_tables(path: Path, db: sqlite3.Connection) -> None:
    """Raise NotAStudy if the file lacks a table or column."""
    with closing(sqlite3.connect(":memory:")) as new:
        for table in TABLES:
            new.execute(table)
        missing = sorted(_columns(new) - _columns(db))
    if missing:
        raise NotAStudy(path, f"it lacks {missing[0]}" if path.stat().st_size else "it is empty")


def stored_protocol(path: Path, db: sqlite3.Connection) -> Protocol:
    """Return the protocol of a study. Raise NotAStudy if it is none that a study can have."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'protocol'").fetchone():
        return DEFAULT
    row = db.execute("SELECT pairing, checks FROM protocol").fetchone()
    if row is None or row[0] not in get_args(Pairing) or not isinstance(row[1], int) or row[1] < 0:
        raise NotAStudy(path, "its table `protocol` has no valid row")
    return Protocol(*row)


def _columns(db: sqlite3.Connection) -> set[str]:
    """Return the columns of all tables, as `table.column`."""
    rows = db.execute("SELECT t.name || '.' || c.name FROM sqlite_master t, pragma_table_info(t.name) c")
    return {column for (column,) in rows}


def _explained(path: Path, error: sqlite3.Error) -> UserError | OSError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # without the details of extended codes
    if code == sqlite3.SQLITE_FULL:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    if code in DAMAGED:
        return NotAStudy(path, error)
    return UserError(f"{path}: cannot be opened as a study file ({error}); check that it is there and writable")
