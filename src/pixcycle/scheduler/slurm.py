"""The SLURM scheduler."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from pixcycle.scheduler.scheduler import Scheduler


def _processes() -> tuple[int, int]:
    """Return (processes, nodes) of this step. SLURM_NTASKS is also set in an allocation without srun."""
    return int(os.environ.get("SLURM_STEP_NUM_TASKS", 1)), int(os.environ.get("SLURM_STEP_NUM_NODES", 1))


def _state(message: str) -> str:
    match = re.search(r"SLURM status is: '(\w+)'", message)
    return match[1] if match else ""


def _end_jobs(project: Path) -> int:
    """Cancel jobs with the comment of Snakemake's jobs, but not a job in which this Snakemake itself may run."""

    def alive() -> list[str]:
        command = ["squeue", "--me", "--noheader", "--format=%i|%k|%Z"]
        lines = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
        jobs = [line.split("|", 2) for line in lines]
        return [id for id, comment, folder in jobs if comment.startswith("rule_") and Path(folder).resolve() == project]

    if not shutil.which("squeue") or not (jobs := alive()):
        return 0
    subprocess.run(["scancel", *jobs])
    while alive():
        time.sleep(1)
    return len(jobs)


SCHEDULER = Scheduler(
    name="SLURM",
    job=lambda: os.environ.get("SLURM_JOB_ID"),
    processes=_processes,
    state=_state,
    submission="sbatch call:",
    end_jobs=_end_jobs,
    hints=("The `srun` command is available",),
)
