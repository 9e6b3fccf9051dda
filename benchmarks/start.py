"""Measure how fast informational commands answer and what the imports of jobs cost, compared with `import torch`.

    python benchmarks/start.py [--rounds N]

Each command runs in a new process, and they take turns; after the first round the files of Python and torch are in the
system's cache.
"""

import os
import subprocess
import sys
from pathlib import Path

from measure import options, publish, ratio, take_turns

ROOT = Path(__file__).parents[1]
MOST_SECONDS = {
    "--help": 0.3,
    "show ucsd-facades-l1": 1.0,
    "plan": 1.0,
    "plan --gpu h100": 1.0,
    "check": 1.0,
    "runs": 1.0,
}
"""Command -> budget of wall seconds on an idle machine."""
JOBS = {
    "fetch": ("pixcycle.data.fetch.locations", 0.5),
    "prepare": ("pixcycle.data.prepare", 0.5),
    "features": ("pixcycle.evaluation.run", 3.0),
    "train": ("pixcycle.training.loop", 2.6),
    "train-segmenter": ("pixcycle.evaluation.segmenter, torchvision", 4.6),
    "translate": ("pixcycle.inference.test_split", 2.6),
    "evaluate": ("pixcycle.evaluation.run, skimage.metrics._structural_similarity", 3.0),
    "report": ("pixcycle.report.build", 2.5),
}
"""Job -> modules that it imports before it computes, and their budget of CPU seconds if `import torch` takes 2.1."""
TORCH = "python -c 'import torch'"


def call(*command: str) -> None:
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def cpu_seconds_of_processes() -> float:
    """Return user plus system seconds of all finished child processes."""
    spent = os.times()
    return spent.children_user + spent.children_system


def main() -> None:
    rounds = options(__doc__, rounds=7).parse_args().rounds
    # Like the script `pixcycle`, but with this installation's Python.
    starts = "from pixcycle.cli.app import main; main()"
    ways = {
        command: lambda command=command: call(sys.executable, "-c", starts, *command.split())
        for command in MOST_SECONDS
    }
    torch = {TORCH: lambda: call(sys.executable, "-c", "import torch")}
    seconds = take_turns(ways | torch, rounds)
    jobs = {
        job: lambda modules=modules: call(sys.executable, "-c", f"import pixcycle.cli.app, {modules}")
        for job, (modules, _) in JOBS.items()
    }
    cpu_seconds = take_turns(jobs | torch, rounds, clock=cpu_seconds_of_processes)
    publish(
        "start",
        rounds,
        [
            ratio(f"pixcycle {command}", seconds, command, TORCH, most_seconds=most)
            for command, most in MOST_SECONDS.items()
        ]
        + [
            ratio(f"CPU time of the imports of `pixcycle job {job}`", cpu_seconds, job, TORCH, target=2.1 / most)
            for job, (_, most) in JOBS.items()
        ],
    )


if __name__ == "__main__":
    main()
