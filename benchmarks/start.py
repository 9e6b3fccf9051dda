"""How soon commands that only tell something answer, against what `import torch` alone would cost them.

python benchmarks/start.py [--rounds N]

Each is a process of its own, in turns; the files of Python and torch are in the system's cache after the first.
"""

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
TORCH = "python -c 'import torch'"


def call(*command: str) -> None:
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    rounds = options(__doc__, rounds=7).parse_args().rounds
    # As the script `pixcycle` does, whichever installation it belongs to.
    starts = "from pixcycle.cli import main; main()"
    ways = {
        command: lambda command=command: call(sys.executable, "-c", starts, *command.split())
        for command in MOST_SECONDS
    }
    seconds = take_turns(ways | {TORCH: lambda: call(sys.executable, "-c", "import torch")}, rounds)
    publish(
        "start",
        rounds,
        [
            ratio(f"pixcycle {command}", seconds, command, TORCH, most_seconds=most)
            for command, most in MOST_SECONDS.items()
        ],
    )


if __name__ == "__main__":
    main()
