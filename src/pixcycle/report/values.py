"""Every number of a report, read once from the runs' own files; values.json is this, written down."""

from functools import cached_property
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pandas as pd

from pixcycle.errors import UserError
from pixcycle.files import read_json
from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.report.finished import metrics_of, record_of
from pixcycle.runs import Plan, Run
from pixcycle.schema import Experiment
from pixcycle.study.files import study_file
from pixcycle.study.result import Share, attentive
from pixcycle.study.storage import read_answers
from pixcycle.training.history import read_history
from pixcycle.translations import TARGET

SCORES = ("pixel_accuracy", "class_accuracy", "class_iou")
METRICS = ("fid", "kid", "precision", "recall", "l1", "psnr", "ssim", *SCORES, "checkerboard")


class Values:
    """The selected runs, what was measured on them, and what they cost. Raises UserError where a node is missing."""

    def __init__(self, plan: Plan, selection: str, root: Path):
        self.plan, self.selection, self.root = plan, selection, root
        self.all_runs = plan.select(selection)
        self.runs: dict[str, list[Run]] = {}
        self._studies: dict[tuple[str, str], Share | None] = {}
        for run in self.all_runs:
            self.runs.setdefault(run.id, []).append(run)
        self.manifests = {
            run.data: read_json(root / run.prepared / "manifest.json", "splits", "card") for run in self.all_runs
        }
        neighbours = plan.params.neighbours
        self.measured = {run.key: metrics_of(run, neighbours, self.manifests[run.data], root) for run in self.all_runs}
        self.records = {run.key: record_of(run, root) for run in self.all_runs}

    def __contains__(self, id: str) -> bool:
        return id in self.runs

    def one(self, id: str) -> Run:
        """The first seed's run of an experiment."""
        return self.runs[id][0]

    def of_chapter(self, chapter: str) -> list[str]:
        """Ids of its experiments that were run, those of the user's own too."""
        return [id for id, (first, *_) in self.runs.items() if first.chapter == chapter]

    def keys(self, *experiments: str) -> list[str]:
        """Keys of all seeds' runs of these experiments, each once; nothing for those that were not run."""
        return [run.key for id in dict.fromkeys(experiments) for run in self.runs.get(id, [])]

    def numbers(self, run: Run, direction: str | None = None) -> dict[str, Any]:
        """All that was measured of a run in a direction, the scored one where none is given; nothing in others.

        Without the scores of photos by a segmenter that misses its stated accuracy on real ones.
        """
        least = self.plan.segmenter.min_accuracy
        return believed(self.measured[run.key], direction or run.config.direction, least)

    def segmenter(self, run: Run) -> dict[str, Any] | None:
        """Record of the network behind a run's FCN-score, and whether it `passed`; None on data without classes."""
        record = self.measured[run.key]["segmenter"]
        if record is None:
            return None
        least = self.plan.segmenter.min_accuracy
        return record | {"min_accuracy": least, "passed": record["real"]["pixel_accuracy"] >= least}

    def seeds_of(self, id: str, metric: str, direction: str | None = None) -> list[float]:
        """A metric, one value a seed. Raises UserError for a metric that was not measured."""
        found = [self.numbers(run, direction).get(metric) for run in self.runs[id]]
        if None in found:
            raise UserError(f"report: {id} has no value for {metric}, which the report shows")
        return found

    def mean(self, id: str, metric: str, direction: str | None = None) -> float:
        return mean(self.seeds_of(id, metric, direction))

    def spread(self, id: str, metric: str, direction: str | None = None) -> float | None:
        """Standard deviation over seeds; None for a single seed."""
        values = self.seeds_of(id, metric, direction)
        return stdev(values) if len(values) > 1 else None

    def has(self, id: str, metric: str, direction: str | None = None) -> bool:
        """Whether all seeds have the metric: those of pixels need pairs, FCN-score needs classes."""
        return all(self.numbers(run, direction).get(metric) is not None for run in self.runs[id])

    @cached_property
    def targets(self) -> list[tuple[str, set[str]]]:
        """All that can be asked for and the keys of its runs, those with the fewest first; of equals the narrower."""
        targets = {name: {run.key for run in runs} for name, runs in self.plan.selections.items()}
        return sorted(reversed(targets.items()), key=lambda target: len(target[1]))

    def study(self, id: str, direction: str) -> Share | None:
        """How often attentive people took the first seed's images for real; None where nobody was asked."""
        if (id, direction) not in self._studies:
            file = study_file(self.one(id), direction, self.root)
            self._studies[id, direction] = attentive(read_answers(file)) if file.exists() else None
        return self._studies[id, direction]

    def collapses(self, *experiments: str) -> list[str]:
        """A sentence for each run of these experiments that collapsed."""
        runs = [run for experiment in experiments for run in self.runs.get(experiment, [])]
        return [f"{run.key} collapsed: {told}." for run in runs if (told := self.records[run.key]["collapse"])]

    def history(self, id: str) -> pd.DataFrame:
        """The loss history of the first seed."""
        return read_history(self.root / self.one(id).folder)

    def as_published(self, run: Run) -> Experiment:
        """Its experiment before the scale."""
        return self.plan.params.experiments[run.chapter][run.name]

    def steps_per_epoch(self, id: str) -> int:
        return self.records[self.one(id).key]["steps_per_epoch"]

    @property
    def extractors(self) -> list[Any]:
        return [EXTRACTORS[name] for name in dict.fromkeys(run.extractor for run in self.all_runs)]

    @property
    def stand_ins(self) -> dict[str, str]:
        """Dataset that an experiment names -> the one that stands in for it."""
        return {
            run.asked_dataset: run.config.dataset for run in self.all_runs if run.asked_dataset != run.config.dataset
        }

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
            "n": self.numbers(seeds[0])["n_fake"],
            "status": [self.records[run.key]["status"] for run in seeds],
            "seconds": [self.records[run.key]["seconds"] for run in seeds],
        }


def believed(measured: dict[str, Any], direction: str, least: float) -> dict[str, Any]:
    """The numbers of a metrics file in a direction; nothing in one that was not measured.

    Without the scores of photos (domain A) by a segmenter whose accuracy on real ones is below `least`.
    """
    found, judge = measured.get("metrics", {}).get(direction, {}), measured.get("segmenter")
    if judge and TARGET[direction] == "A" and judge["real"]["pixel_accuracy"] < least:
        return {name: value for name, value in found.items() if name not in SCORES}
    return found
