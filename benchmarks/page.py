"""Measure how the cost of a report grows with the number of runs: time, memory, and the size of its page.

    make demo && python benchmarks/page.py [--rounds 3] [--seeds 1 10 100]

The runs are those of the demo, under the names of more and more seeds. The job is that of the workflow, `pixcycle job
report all`; its time is CPU seconds, as it has one process with one thread. Reports on different numbers of runs take
turns, so that a busy machine slows all of them alike.
"""

import os
import statistics
import subprocess
import tempfile
from pathlib import Path

import measure
import yaml

from pixcycle.base.files import read_json, write_json
from pixcycle.params.load import check_params
from pixcycle.plan.make import make_plan
from pixcycle.plan.runs import Plan

ROOT = Path(__file__).parents[1]


def main() -> None:
    parser = measure.options(__doc__, rounds=3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 10, 100], help="numbers of seeds, ascending")
    options = parser.parse_args()
    params = yaml.safe_load((ROOT / "params.yaml").read_text()) | {"scale": "demo"}
    demo = make_plan(check_params(params | {"seeds": [0]}), ROOT)
    with tempfile.TemporaryDirectory() as folder:
        projects = {}
        for seeds in options.seeds:
            many = make_plan(check_params(params | {"seeds": list(range(seeds))}), ROOT)
            projects[len(many.runs)] = Path(folder) / str(seeds)
            write_project(projects[len(many.runs)], many, demo)
        rounds = [{runs: cost(project) for runs, project in projects.items()} for _ in range(options.rounds)]
    growths = [
        growth(what, unit, [(runs, statistics.median(costs[runs][i] for costs in rounds)) for runs in projects])
        for i, (what, unit) in enumerate([("time", "CPU seconds"), ("memory", "peak MB"), ("page", "MB")])
    ]
    measure.publish("page", options.rounds, growths=growths)


def growth(what: str, unit: str, points: list[tuple[int, float]]) -> measure.Growth:
    (x0, y0), (x1, y1) = points[0], points[-1]
    line = [(x, y0 + (y1 - y0) * (x - x0) / (x1 - x0)) for x, _ in points]
    return measure.Growth(
        f"report on more seeds: {what}", "runs", unit, points, line, "constant plus a cost per run", log=False
    )


def write_project(folder: Path, many: Plan, demo: Plan) -> None:
    """Write a project in which all runs of a plan are finished: links to the demo's runs of their experiments."""
    (folder / "reports").mkdir(parents=True)
    (folder / "reports/published").symlink_to(ROOT / "reports/published")
    (folder / "data").symlink_to(ROOT / "data")
    for run in many.runs.values():
        real = demo.runs[f"{run.id}/0"]
        if not (ROOT / real.metrics).exists():
            raise SystemExit(f"{ROOT / real.metrics} is missing: run `make demo` first")
        (folder / run.folder).parent.mkdir(parents=True, exist_ok=True)
        (folder / run.folder).symlink_to(ROOT / real.folder)
        (folder / run.translated).symlink_to(ROOT / real.translated)
        write_json(folder / run.metrics, read_json(ROOT / real.metrics) | {"fingerprint": run.metrics_fingerprint})
    write_json(folder / "plan.json", many.model_dump(mode="json"))


def cost(project: Path) -> tuple[float, float, float]:
    """Make the report of a project and return (CPU seconds, peak MB, MB of the page)."""
    command = ["pixcycle", "job", "report", "all", "--plan=plan.json", "--fingerprint=0", "--out=made"]
    one_thread = os.environ | {"OMP_NUM_THREADS": "1"}  # as in the workflow's job
    with (project / "log").open("w") as log:
        job = subprocess.Popen(command, cwd=project, env=one_thread, stdout=log, stderr=log)
        _, status, used = os.wait4(job.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed in {project}:\n{(project / 'log').read_text()}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, (project / "made/report.html").stat().st_size / 1e6


if __name__ == "__main__":
    main()
