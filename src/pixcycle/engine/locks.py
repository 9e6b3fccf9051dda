"""Snakemake's own locks are files, which outlive a killed process; whether one is still alive, the kernel knows."""

import fcntl
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import IO


def work_here(state: Path = Path(".snakemake"), dry_run: bool = False) -> IO:
    """Let others know that a Snakemake works in this project, for as long as the returned file stays open.

    If it is the only one, the locks that lie in its folder `state` were left by killed ones, and are removed, after
    the jobs that these submitted to SLURM are ended: each of them is to be submitted again. A living one's locks stay,
    and Snakemake refuses to make the same files twice. A dry run ends and removes nothing.
    """
    state.mkdir(exist_ok=True)
    presence = (state / "pixcycle.lock").open("a")
    try:
        fcntl.flock(presence, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # somebody works here, or this file system knows no such locks
        return _shared(presence)
    left_over = [] if dry_run else list((state / "locks").glob("*.lock"))
    if left_over and shutil.which("squeue"):
        _end_jobs_submitted_from(state.resolve().parent)
    for lock in left_over:
        lock.unlink()
    return _shared(presence)


def is_dry_run(arguments: list[str]) -> bool:
    """Whether Snakemake was called with -n; while it reads its Snakefile it does not tell."""
    return any(re.fullmatch(r"--dry-?run|-[a-zA-Z]*n[a-zA-Z]*", argument) for argument in arguments)


def _shared(presence: IO) -> IO:
    try:
        fcntl.flock(presence, fcntl.LOCK_SH)
    except OSError:
        print("pixcycle: no file locks here: never start two Snakemakes in this folder", file=sys.stderr)
    return presence


def _end_jobs_submitted_from(project: Path) -> None:
    """Those whose comment is that of Snakemake's jobs; not one in which this Snakemake itself may run."""

    def alive() -> list[str]:
        asked = ["squeue", "--me", "--noheader", "--format=%i|%k|%Z"]
        lines = subprocess.run(asked, capture_output=True, text=True).stdout.splitlines()
        jobs = [line.split("|", 2) for line in lines]
        return [id for id, comment, folder in jobs if comment.startswith("rule_") and Path(folder).resolve() == project]

    if jobs := alive():
        print(f"pixcycle: ending {len(jobs)} SLURM job(s) of a Snakemake that was killed here", file=sys.stderr)
        subprocess.run(["scancel", *jobs])
        while alive():
            time.sleep(1)
