"""A project's folder with finished runs, of which some stay behind when its params are edited."""

from pathlib import Path
from typing import Any

from pixcycle.runs import Run, plan
from pixcycle.schema import Params
from tests.report.results import Results

EXPERIMENTS = ["ucsd-facades-l1", "ucsd-facades-cyc-l1", "kaist-horse2zebra"]


class Ledger:
    """Finished runs of EXPERIMENTS with seed 0, and the params that name them."""

    def __init__(self, root: Path):
        self.root = root
        self.results = Results(root, EXPERIMENTS)
        self.params = self.results.plan.params

    def run(self, key: str = "ucsd-facades-l1/0") -> Run:
        return self.results.plan.runs[key]

    def edited(self, id: str = "ucsd-facades-l1", **settings: Any) -> Params:
        """The params with other settings of an experiment."""
        chapter, _, name = id.partition("-")
        section = self.params.experiments[chapter]
        changed = {name: section[name].model_copy(update=settings)}
        return self.params.model_copy(update={"experiments": self.params.experiments | {chapter: section | changed}})

    def finish(self, params: Params) -> None:
        """Write the runs that other params name, as if they had run, too."""
        self.results.plan = plan(params, self.root)
        for run in self.results.plan.runs.values():
            self.results.write_training(run)
            self.results.write_images(run)
            self.results.write_metrics(run)

    def files(self) -> set[str]:
        return {path.relative_to(self.root).as_posix() for path in self.root.rglob("*")}
