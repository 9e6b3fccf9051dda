"""The demo's trainings on two cores against one: python benchmarks/cores.py [ROUNDS]

Interleaved (two, one, two, one, ...), each time in a fresh clone of the last commit; prints wall seconds and ratio.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def seconds(cores: int) -> float:
    """Wall time of the demo, from nothing to its report, with so many cores."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        subprocess.run(["git", "clone", "--quiet", ROOT, project], check=True)
        command = ["snakemake", "--cores", str(cores), "--config", "scale=demo"]
        began = time.monotonic()
        subprocess.run(command, cwd=project, check=True, capture_output=True)
        return time.monotonic() - began


rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
pairs = []
for i in range(rounds):
    pairs.append((seconds(2), seconds(1)))
    print(f"round {i + 1}: two cores {pairs[-1][0]:.0f} s, one core {pairs[-1][1]:.0f} s", flush=True)
ratio = statistics.median(one / two for two, one in pairs)
print(f"median: two cores are {ratio:.2f} times as fast as one")
