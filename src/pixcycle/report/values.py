"""Every number of a report, read once from the runs' own files; values.json is this, written down."""

from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pandas as pd

from pixcycle.errors import UserError
from pixcycle.files import read_json
from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.runs import Plan, Run

METRICS = ("fid", "kid", "precision", "recall", "l1", "psnr", "ssim")


class Values:
    """The selected runs, what was measured on them, and what they cost. Raises UserError where a node is missing."""

    def __init__(self, plan: Plan, selection: str, root: Path):
        self.plan, self.selection, self.root = plan, selection, root
        self.runs: dict[str, list[Run]] = {}
        for run in plan.select(selection):
            self.runs.setdefault(run.id, []).append(run)
        self.measured = {run.key: _read(root / run.metrics, run.metrics_fingerprint) for run in self._all()}
        self.records = {run.key: _read(root / run.folder / "run.json", run.fingerprint) for run in self._all()}
        self.manifests = {
            run.data: read_json(root / "data/prepared" / run.data / "manifest.json") for run in self._all()
        }

    def _all(self) -> list[Run]:
        return [run for seeds in self.runs.values() for run in seeds]

    def one(self, id: str) -> Run:
        """The first seed's run of an experiment."""
        return self.runs[id][0]

    def seeds_of(self, id: str, metric: str) -> list[float]:
        """A metric of the scored direction, one value a seed. Raises UserError for a metric that was not measured."""
        found = []
        for run in self.runs[id]:
            value = self.measured[run.key]["metrics"][run.config.direction].get(metric)
            if value is None:
                raise UserError(f"report: {id} has no value for {metric}, which the report shows")
            found.append(value)
        return found

    def mean(self, id: str, metric: str) -> float:
        return mean(self.seeds_of(id, metric))

    def spread(self, id: str, metric: str) -> float | None:
        """Standard deviation over seeds; None for a single seed."""
        values = self.seeds_of(id, metric)
        return stdev(values) if len(values) > 1 else None

    def has(self, id: str, metric: str) -> bool:
        """Whether the metric applies: pixel metrics need pairs."""
        run = self.one(id)
        return self.measured[run.key]["metrics"][run.config.direction].get(metric) is not None

    def history(self, id: str) -> pd.DataFrame:
        """The loss history of the first seed."""
        return pd.read_csv(self.root / self.one(id).folder / "history.csv")

    def steps_per_epoch(self, id: str) -> int:
        record = self.records[self.one(id).key]
        return record["steps"] // record["epochs"]

    @property
    def extractors(self) -> list[Any]:
        return [EXTRACTORS[name] for name in dict.fromkeys(run.extractor for run in self._all())]

    @property
    def stand_ins(self) -> dict[str, str]:
        """Dataset that an experiment names -> the one that stands in for it."""
        return {run.asked_dataset: run.config.dataset for run in self._all() if run.asked_dataset != run.config.dataset}

    @property
    def comparable(self) -> bool:
        """Whether our FID may be set against a published one: its extractor, on its data."""
        return all(extractor.comparable for extractor in self.extractors) and not self.stand_ins

    def as_json(self) -> dict[str, Any]:
        """What values.json holds: for each experiment its metrics by mean, spread and seed, and its cost."""
        return {
            "selection": self.selection,
            "scale": self.plan.params.scale,
            "experiments": {id: self._experiment(id, seeds) for id, seeds in self.runs.items()},
        }

    def _experiment(self, id: str, seeds: list[Run]) -> dict[str, Any]:
        return {
            "seeds": [run.seed for run in seeds],
            "fingerprints": [run.metrics_fingerprint for run in seeds],
            "data": seeds[0].data,
            "extractor": seeds[0].extractor,
            "metrics": {
                metric: {"mean": self.mean(id, metric), "std": self.spread(id, metric)}
                for metric in METRICS
                if self.has(id, metric)
            },
            "n": self.measured[seeds[0].key]["metrics"][seeds[0].config.direction]["n_fake"],
            "status": [self.records[run.key]["status"] for run in seeds],
            "seconds": [self.records[run.key]["seconds"] for run in seeds],
        }


def _read(path: Path, fingerprint: str) -> dict[str, Any]:
    if not path.exists():
        raise UserError(f"report: {path} is missing; run its experiment first")
    value = read_json(path)
    if value["fingerprint"] != fingerprint:
        raise UserError(f"report: {path} was made from {value['fingerprint']}, but {fingerprint} is asked for")
    return value
