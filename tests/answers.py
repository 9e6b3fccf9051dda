"""What a command answers to an input, in a process of its own that may take neither long nor much memory."""

import io
import os
import re
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.processes import PROCESSES

SECONDS = 60
MEGABYTES = 2000
AT_WORK = "at work"


@dataclass(frozen=True)
class Answer:
    """How a command ended, and what it printed, stdout before stderr."""

    exit_code: int
    text: str
    megabytes: int
    """The most memory that its process had at a time."""

    @property
    def refusal(self) -> str:
        """The line that a mistake of the user is answered with, without the program's name; before it only progress."""
        assert self.exit_code == 2, self.text
        *progress, last = self.text.rstrip("\n").split("\n")
        name, colon, line = last.partition("pixcycle: ")
        assert not name and colon and all("━" in shown or re.search(r"\S  \S", shown) for shown in progress), self.text
        return line

    @property
    def full_disk(self) -> tuple[Path, float]:
        """The file, and the missing megabytes, that are named in the refusal."""
        found = re.fullmatch(
            r"(.+): the disk is full; free at least ([\d.]+) MB and run the same command again", self.refusal
        )
        assert found, self.text
        return Path(found[1]), float(found[2])


def answer(*arguments: str | Path, folder: Path) -> Answer:
    """Run `pixcycle ARGUMENTS` in a folder. A command that hangs, dies or takes too much memory fails the test."""
    with started(*arguments, folder=folder) as (process, here):
        try:
            assert here.poll(SECONDS), f"{arguments}: no answer within {SECONDS} s"
            told = Answer(*here.recv())
        except EOFError:
            process.join()
            raise AssertionError(f"{arguments}: died with {process.exitcode}") from None
    assert told.megabytes < MEGABYTES, f"{arguments}: took {told.megabytes} MB"
    return told


@contextmanager
def halted_at_work(*arguments: str | Path, folder: Path) -> Iterator[tuple[BaseProcess, Connection]]:
    """`pixcycle ARGUMENTS` as `started`, waiting with its lock held until something is sent to the connection."""
    with started(*arguments, folder=folder, halts=True) as (process, connection):
        assert connection.poll(SECONDS) and connection.recv() == AT_WORK
        yield process, connection


@contextmanager
def started(*arguments: str | Path, folder: Path, halts: bool = False) -> Iterator[tuple[BaseProcess, Connection]]:
    """`pixcycle ARGUMENTS` at work in a folder, and where its answer arrives; it is killed at the end of the block."""
    here, there = PROCESSES.Pipe()
    process = PROCESSES.Process(target=_run, args=([str(a) for a in arguments], folder, there, halts))
    process.start()
    there.close()
    try:
        yield process, here
    finally:
        process.kill()
        process.join()


def _run(arguments: list[str], folder: Path, there: Connection, halts: bool) -> None:
    from pixcycle.cli import main
    from pixcycle.data import download

    download.SECONDS_BETWEEN_TRIES = 0
    if halts:
        _halt_at_first_lock(there)
    os.chdir(folder)
    sys.argv = ["pixcycle", *arguments]
    printed, complained = io.StringIO(), io.StringIO()
    with redirect_stdout(printed), redirect_stderr(complained):
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
    text = printed.getvalue() + complained.getvalue()
    there.send((code, text, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024))


def _halt_at_first_lock(there: Connection) -> None:
    """Let the first lock that a job takes be held until something is received."""
    from pixcycle import alone, files, jobs

    halted = False

    @contextmanager
    def only_one(out: Path) -> Iterator[None]:
        nonlocal halted
        with alone.only_one(out):
            if not halted:
                halted = True
                there.send(AT_WORK)
                there.recv()
            yield

    files.only_one = jobs.only_one = only_one
