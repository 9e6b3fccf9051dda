"""What the workflow itself costs at 53, 530 and 2014 runs: dry runs, and DVC when nothing is to be done.

    python benchmarks/workflow.py [--seeds 1 10 38] [--rounds 3] [--images 10] [--out FILE]

For each number of seeds all experiments of scale `full` stand in two fresh clones of the last commit. In one nothing is
made. In the other everything is that `dvc repro` makes, by stand-ins: small files of the right names, whose content
nobody reads, with --images test images a direction (those of the datasets would be 45,554 PNGs a seed).

All commands take turns, so that a busy machine slows all of them; medians of wall and CPU seconds. `x start` is the
wall time as a multiple of the tool's start. `growth` is the exponent by which the CPU seconds beyond that start grow
with the runs, from the row above: 1 is linear.
"""

import argparse
import math
import os
import platform
import re
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stand_ins import write_stand_ins

from pixcycle import config
from pixcycle.files import write_json
from pixcycle.runs import plan

ROOT = Path(__file__).parents[1]
STARTS = {"snakemake": ["snakemake", "--version"], "dvc": ["dvc", "version"]}
COMMANDS = {
    "snakemake -n, nothing made": (["snakemake", "-n"], "\ntrain +{runs}\n"),
    "snakemake -n, all made": (["snakemake", "-n"], "Nothing to be done"),
    "dvc repro, all made": (["dvc", "repro"], "Data and pipelines are up to date"),
    "dvc status, all made": (["dvc", "status"], "Data and pipelines are up to date"),
}
"""Name -> the command, and the pattern that its output must hold."""

Times = dict[tuple[str, int], list[tuple[float, float]]]
"""(command, runs) -> (wall, CPU) seconds of each round; a tool's start has 0 runs."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 10, 38], help="how many, from few to many")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--images", type=int, default=10, help="test images of a direction")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/workflow.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = list(summary(measure(Path(folder), options.seeds, options.rounds, options.images)))
    print(f"{'':28}{'runs':>6}{'wall s':>9}{'CPU s':>9}{'x start':>9}{'growth':>8}")
    for row in rows:
        growth = f"{row['growth']:8.2f}" if row["growth"] else ""
        print("{command:28}{runs:6}{wall:9.2f}{cpu:9.2f}{starts:9.1f}".format(**row) + growth)
    machine = {"cores": os.cpu_count(), "load": os.getloadavg()[0], "python": platform.python_version()}
    write_json(options.out, {"rounds": options.rounds, "images": options.images, **machine, "rows": rows})


def measure(folder: Path, seeds: list[int], rounds: int, images: int) -> Times:
    clones = [clones_of(folder, n, images) for n in seeds]
    times: Times = {}
    for _ in range(rounds):
        for tool, command in STARTS.items():
            times.setdefault((tool, 0), []).append(seconds(command, clones[0][0]))
        for name, (command, expected) in COMMANDS.items():
            for fresh, finished, runs in clones:
                clone = fresh if "nothing made" in name else finished
                times.setdefault((name, runs), []).append(seconds(command, clone, expected.format(runs=runs)))
    return times


def summary(times: Times) -> Iterator[dict[str, Any]]:
    """A row for each command and number of runs."""
    medians = {
        key: [statistics.median(column) for column in zip(*rounds, strict=True)] for key, rounds in times.items()
    }
    last = {}
    for (name, runs), (wall, cpu) in medians.items():
        start_wall, start_cpu = medians[name.split()[0], 0]
        growth = None
        if name in last:
            fewer, beyond = last[name]
            growth = math.log((cpu - start_cpu) / beyond, runs / fewer)
        if runs:
            last[name] = runs, cpu - start_cpu
        yield {"command": name, "runs": runs, "wall": wall, "cpu": cpu, "starts": wall / start_wall, "growth": growth}


def seconds(command: list[str], clone: Path, expected: str = "") -> tuple[float, float]:
    """(wall, CPU) of a command, whose output must hold the pattern."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    output = call(command, clone)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if not re.search(expected, output):
        raise SystemExit(f"{' '.join(command)} in {clone} did not say '{expected}':\n{output}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def call(command: list[str], folder: Path) -> str:
    """What a command prints in a clone, with that clone's code."""
    environment = {"PYTHONPATH": str(folder / "src"), "DVC_SITE_CACHE_DIR": str(folder.parent / "dvc")}
    done = subprocess.run(command, cwd=folder, env=os.environ | environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed in {folder}:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def clones_of(folder: Path, seeds: int, images: int) -> tuple[Path, Path, int]:
    """A clone in which nothing is made, one in which everything is, and the number of their runs."""
    clones = fresh, finished = folder / f"fresh-{seeds}", folder / f"finished-{seeds}"
    for clone in clones:
        call(["git", "clone", "--quiet", str(ROOT), str(clone)], folder)
        params = clone / "params.yaml"
        params.write_text(re.sub("^seeds: .*", f"seeds: {list(range(seeds))}", params.read_text(), flags=re.MULTILINE))
    made = plan(config.load(finished / "params.yaml"), finished)
    write_stand_ins(made, finished, images)
    call(["dvc", "commit", "--force", "--quiet"], finished)
    return fresh, finished, len(made.runs)


if __name__ == "__main__":
    main()
