"""Run a command in a separate process with limits on time and memory, and return its exit code and output."""

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

from tests.support.processes import PROCESSES

SECONDS = 60
MEGABYTES = 2000
AT_WORK = "at work"


@dataclass(frozen=True)
class Answer:
    """Exit code and output of a command, stdout before stderr."""

    exit_code: int
    text: str
    megabytes: int
    """Peak memory of the process."""

    @property
    def refusal(self) -> str:
        """The error message without the program's name; only progress lines may precede it."""
        assert self.exit_code == 2, self.text
        *progress, last = self.text.rstrip("\n").split("\n")
        name, colon, line = last.partition("pixcycle: ")
        assert not name and colon and all("━" in shown or re.search(r"\S  \S", shown) for shown in progress), self.text
        return line

    @property
    def full_disk(self) -> tuple[Path, float]:
        """The file and the number of missing megabytes in the error message."""
        match = re.fullmatch(r"(.+): the disk is full; .* ([\d.]+) MB .*", self.refusal)
        assert match, self.text
        return Path(match[1]), float(match[2])


def answer(*arguments: str | Path, folder: Path) -> Answer:
    """Run `pixcycle ARGUMENTS` in a folder; fail if the command hangs, dies or uses too much memory."""
    with started(*arguments, folder=folder) as (process, here):
        try:
            assert here.poll(SECONDS), f"{arguments}: no answer within {SECONDS} s"
            result = Answer(*here.recv())
        except EOFError:
            process.join()
            raise AssertionError(f"{arguments}: died with {process.exitcode}") from None
    assert result.megabytes < MEGABYTES, f"{arguments}: took {result.megabytes} MB"
    return result


@contextmanager
def halted_at_work(*arguments: str | Path, folder: Path) -> Iterator[tuple[BaseProcess, Connection]]:
    """Start `pixcycle ARGUMENTS` as `started` does; it waits with its lock held until the connection receives data."""
    with started(*arguments, folder=folder, halts=True) as (process, connection):
        assert connection.poll(SECONDS) and connection.recv() == AT_WORK
        yield process, connection


@contextmanager
def started(*arguments: str | Path, folder: Path, halts: bool = False) -> Iterator[tuple[BaseProcess, Connection]]:
    """Run `pixcycle ARGUMENTS` until the end of the block; yield the process and the connection for its result."""
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
    from pixcycle.cli.app import main
    from pixcycle.data.fetch import download

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
    """Patch the locks so that the first lock of a job is held until data arrive on the connection."""
    from pixcycle.base import file_lock, files
    from pixcycle.cli import jobs

    halted = False

    @contextmanager
    def only_one(out: Path) -> Iterator[None]:
        nonlocal halted
        with file_lock.only_one(out):
            if not halted:
                halted = True
                there.send(AT_WORK)
                there.recv()
            yield

    files.only_one = jobs.only_one = only_one
