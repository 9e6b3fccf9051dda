"""Snakemake's own locks are files, which outlive a killed process; whether one is still alive, the kernel knows."""

import fcntl
from pathlib import Path
from typing import IO


def work_here(state: Path = Path(".snakemake")) -> IO:
    """Let others know that a Snakemake works in this project, for as long as the returned file stays open.

    If it is the only one, the locks that lie in its folder `state` were left by killed ones, and are removed. A living
    one's locks stay, and Snakemake refuses to make the same files twice.
    """
    state.mkdir(exist_ok=True)
    presence = (state / "pixcycle.lock").open("a")
    try:
        fcntl.flock(presence, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pass
    else:
        for left_over in (state / "locks").glob("*.lock"):
            left_over.unlink()
    fcntl.flock(presence, fcntl.LOCK_SH)
    return presence
