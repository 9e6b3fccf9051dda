"""Measure the cost of the workflow itself at 53, 530 and 2014 runs: dry runs, and DVC when everything is up to date.

    python benchmarks/workflow.py [--rounds 3] [--times 1 10 38] [--images 10]

The experiments of scale `full` are multiplied in two ways: by more seeds, and by copies with other learning rates. For
each number of runs there are two fresh clones of the last commit. In one nothing is made. In the other everything is
made that `dvc repro` makes, by stand-ins: small files with the right names, whose content nobody reads, and --images
test images per direction (the datasets have 45,554 PNGs for one seed; DVC takes about 0.1 ms for each).

The results are medians of CPU seconds, without those that the tool takes to start. They equal the waiting time on an
idle machine, as each command has one thread. The commands take turns, so that a busy machine slows all of them alike.
"""

import os
import re
import resource
import statistics
import subprocess
import tempfile
from pathlib import Path

import measure
from ruamel.yaml import YAML
from stand_ins import write_stand_ins

from pixcycle.params.load import load_params
from pixcycle.plan.make import make_plan

ROOT = Path(__file__).parents[1]
STARTS = {"snakemake": ["snakemake", "--version"], "dvc": ["dvc", "version"]}
COMMANDS = {
    "snakemake -n, nothing made": (["snakemake", "-n"], "\ntrain +{runs}\n"),
    "snakemake -n, all made": (["snakemake", "-n"], "Nothing to be done"),
    "dvc repro, all made": (["dvc", "repro"], "Data and pipelines are up to date"),
    "dvc status, all made": (["dvc", "status"], "Data and pipelines are up to date"),
}
"""Name -> command, and the pattern that its output must match."""


def main() -> None:
    parser = measure.options(__doc__, rounds=3)
    parser.add_argument("--times", type=int, nargs="+", default=[1, 10, 38], help="multiples of the runs, ascending")
    parser.add_argument("--images", type=int, default=10, help="test images per direction")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clones = {
            (of, times): clones_of(Path(folder), of, times, options.images)
            for of in ("seeds", "experiments")
            for times in options.times
        }
        seconds: dict[tuple[str, ...], list[float]] = {}
        for _ in range(options.rounds):
            for tool, command in STARTS.items():
                seconds.setdefault((tool,), []).append(cpu_seconds(command, ROOT))
            for name, (command, expected) in COMMANDS.items():
                for (of, times), (fresh, finished, runs) in clones.items():
                    clone = fresh if "nothing made" in name else finished
                    elapsed = cpu_seconds(command, clone, expected.format(runs=runs))
                    seconds.setdefault((name, of, times), []).append(elapsed)
    medians = {key: statistics.median(rounds) for key, rounds in seconds.items()}
    growths = []
    for name, (command, _) in COMMANDS.items():
        start = medians[command[0],]
        for of in ("seeds", "experiments"):
            points = [(clones[of, times][2], medians[name, of, times] - start) for times in options.times]
            growths.append(growth(f"{name}; more {of}; without {start:.1f} s of start", points))
    measure.publish("workflow", options.rounds, growths=growths)


def growth(title: str, points: list[tuple[int, float]]) -> measure.Growth:
    (fewest, least), _ = points[0], points[-1]
    linear = [(runs, least * runs / fewest) for runs, _ in points]
    return measure.Growth(title, "runs", "CPU seconds", points, linear, "proportional")


def cpu_seconds(command: list[str], clone: Path, expected: str = "") -> float:
    """Return the CPU seconds of a command; exit with an error unless its output matches the pattern."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = call(command, clone)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if not re.search(expected, output):
        raise SystemExit(f"{' '.join(command)} in {clone} did not print '{expected}':\n{output}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def call(command: list[str], folder: Path) -> str:
    """Run a command in a clone, with that clone's code, and return what it prints."""
    environment = {"PYTHONPATH": str(folder / "src"), "DVC_SITE_CACHE_DIR": str(folder.parent / "dvc")}
    done = subprocess.run(command, cwd=folder, env=os.environ | environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed in {folder}:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def clones_of(folder: Path, of: str, times: int, images: int) -> tuple[Path, Path, int]:
    """Return a clone in which nothing is made, one in which everything is made, and the number of their runs."""
    clones = fresh, finished = folder / f"fresh-{of}-{times}", folder / f"finished-{of}-{times}"
    for clone in clones:
        call(["git", "clone", "--quiet", str(ROOT), str(clone)], folder)
        multiply(clone / "params.yaml", of, times)
    plan = make_plan(load_params(finished / "params.yaml"), finished)
    write_stand_ins(plan, finished, images)
    call(["dvc", "commit", "--force", "--quiet"], finished)
    return fresh, finished, len(plan.runs)


def multiply(params: Path, of: str, times: int) -> None:
    """Edit params.yaml to have `times` seeds, or `times` copies of each experiment."""
    yaml = YAML()
    tree = yaml.load(params)
    if of == "seeds":
        tree["seeds"] = list(range(times))
    else:
        for chapter in tree["experiments"].values():
            for name, settings in list(chapter.items()):
                for i in range(1, times):
                    chapter[f"{name}-{i}"] = dict(settings) | {"lr": 0.0002 + i / 1e6}
    yaml.dump(tree, params)


if __name__ == "__main__":
    main()
