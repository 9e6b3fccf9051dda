"""A project folder with finished runs, some of which become stale when the params are edited."""

from pathlib import Path
from typing import Any

from pixcycle.params.schema import Params
from pixcycle.plan.make import make_plan
from pixcycle.plan.runs import Run
from tests.support.results import Results

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
        """Return the params with changed settings of an experiment."""
        chapter, _, name = id.partition("-")
        section = self.params.experiments[chapter]
        experiment = {name: section[name].model_copy(update=settings)}
        return self.params.model_copy(update={"experiments": self.params.experiments | {chapter: section | experiment}})

    def finish(self, params: Params) -> None:
        """Write the runs of other params as if they had finished as well."""
        self.results.plan = make_plan(params, self.root)
        for run in self.results.plan.runs.values():
            self.results.write_training(run)
            self.results.write_images(run)
            self.results.write_metrics(run)

    def files(self) -> set[str]:
        return {path.relative_to(self.root).as_posix() for path in self.root.rglob("*")}
