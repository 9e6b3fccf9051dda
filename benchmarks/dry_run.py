"""`snakemake -n` over the whole registry against `snakemake --version`, which only starts.

python benchmarks/dry_run.py
"""

import statistics
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMMANDS = {
    "dry run": ["snakemake", "-n", "--quiet"],
    "dry run, 5 seeds": ["snakemake", "-n", "--quiet", "--config", "seeds=[0,1,2,3,4]"],
    "start only": ["snakemake", "--version"],
}

times: dict[str, list[float]] = {name: [] for name in COMMANDS}
for _ in range(5):
    for name, command in COMMANDS.items():
        began = time.monotonic()
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        times[name].append(time.monotonic() - began)
medians = {name: statistics.median(values) for name, values in times.items()}
for name, value in medians.items():
    print(f"{name}: median {value:.2f} s of {len(times[name])}")
for name in list(COMMANDS)[:-1]:
    print(f"{name} / start only: {medians[name] / medians['start only']:.2f}")
