"""How soon commands that only tell something answer, and what jobs import, against what `import torch` alone costs.

python benchmarks/start.py [--rounds N]

Each is a process of its own, in turns; the files of Python and torch are in the system's cache after the first.
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
    "plan --card h100": 1.0,
    "check": 1.0,
    "runs": 1.0,
}
"""Command -> wall seconds on a quiet machine that are meant to be enough."""
JOBS = {
    "fetch": ("pixcycle.data.locations", 0.5),
    "prepare": ("pixcycle.data.prepare", 0.5),
    "features": ("pixcycle.metrics.nodes", 3.0),
    "train": ("pixcycle.training.loop", 2.6),
    "train-segmenter": ("pixcycle.metrics.segmenter, torchvision", 4.6),
    "translate": ("pixcycle.training.translate", 2.6),
    "evaluate": ("pixcycle.metrics.nodes, skimage.metrics._structural_similarity", 3.0),
    "report": ("pixcycle.report.build", 2.5),
}
"""Job -> what it imports before it computes, and its budget of CPU seconds where `import torch` takes 2.1."""
TORCH = "python -c 'import torch'"


def call(*command: str) -> None:
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def cpu_seconds_of_processes() -> float:
    """User's and system's, of all processes that were waited for."""
    spent = os.times()
    return spent.children_user + spent.children_system


def main() -> None:
    rounds = options(__doc__, rounds=7).parse_args().rounds
    # As the script `pixcycle` does, whichever installation it belongs to.
    starts = "from pixcycle.cli import main; main()"
    ways = {
        command: lambda command=command: call(sys.executable, "-c", starts, *command.split())
        for command in MOST_SECONDS
    }
    torch = {TORCH: lambda: call(sys.executable, "-c", "import torch")}
    seconds = take_turns(ways | torch, rounds)
    jobs = {
        job: lambda modules=modules: call(sys.executable, "-c", f"import pixcycle.cli, pixcycle.jobs, {modules}")
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
            ratio(f"CPU time of what `pixcycle job {job}` imports", cpu_seconds, job, TORCH, target=2.1 / most)
            for job, (_, most) in JOBS.items()
        ],
    )


if __name__ == "__main__":
    main()
