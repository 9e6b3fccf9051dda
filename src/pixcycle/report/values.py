"""All numbers of a report, read once from the runs' own files and written to values.json."""

from collections.abc import Iterable
from copy import copy
from functools import cached_property
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Self

import pandas as pd

from pixcycle.base.errors import UserError
from pixcycle.methods.registry import METHODS
from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.metrics.registry import SCORES
from pixcycle.metrics.segmentation import FCN_SCORE
from pixcycle.params.experiment import Experiment
from pixcycle.params.fields import Reading
from pixcycle.params.schema import CODED
from pixcycle.paths import TARGET, Direction
from pixcycle.plan.runs import Plan, Run, written_id
from pixcycle.plan.scales import ids_of_scale
from pixcycle.records.history import read_history
from pixcycle.records.manifest import read_manifest
from pixcycle.records.metrics import Measured, SegmenterRecord
from pixcycle.report.finished import metrics_of, record_of
from pixcycle.study.files import study_file
from pixcycle.study.protocol import Protocol
from pixcycle.study.result import Share, attentive
from pixcycle.study.storage import read_answers, read_protocol


class Values:
    """The selected runs, their metrics and their cost. Raises UserError if a result is missing."""

    def __init__(self, plan: Plan, selection: str, root: Path):
        self.plan, self.selection, self.root = plan, selection, root
        self.all_runs = plan.select(selection)
        self.reading: Reading = "written"
        self.runs: dict[str, list[Run]] = {}
        self._studies: dict[tuple[str, str], Share | None] = {}
        for run in self.all_runs:
            self.runs.setdefault(run.id, []).append(run)
        self.manifests = {run.data: read_manifest(root / run.prepared) for run in self.all_runs}
        neighbours = plan.params.neighbours
        self.measured = {run.key: metrics_of(run, neighbours, self.manifests[run.data], root) for run in self.all_runs}
        self.records = {run.key: record_of(run, root) for run in self.all_runs}

    def __contains__(self, id: str) -> bool:
        return id in self.runs

    def one(self, id: str) -> Run:
        """Return the first seed's run of an experiment."""
        return self.runs[id][0]

    def present(self, experiments: Iterable[str], metric: str | None = None) -> list[str]:
        """Return those of the experiments that were run and, if a metric is given, have it."""
        return [id for id in experiments if (self.has(id, metric) if metric else id in self)]

    def missing(self, experiments: Iterable[str], metric: str | None = None) -> list[str]:
        """Return those of the experiments that are not `present`."""
        experiments = list(experiments)
        present = self.present(experiments, metric)
        return [id for id in experiments if id not in present]

    def of_chapter(self, chapter: str) -> list[str]:
        """Return the ids of the chapter's experiments that were run, the user's own included, each in one reading."""
        return [id for id, (first, *_) in self.runs.items() if first.chapter == chapter and id == written_id(id)]

    def as_coded(self) -> Self:
        """Return these values with each experiment's id standing for its run in the reading `coded`.

        An experiment whose text and code agree has one run for both. One whose code does otherwise, but was not run so,
        counts as not run, and so do additions of ours, which no code of a report has.
        """
        params = self.plan.params
        planned = ids_of_scale(params, params.chosen_scale)
        runs = {id: seeds for id, seeds in self.runs.items() if id != written_id(id)}
        for id in dict.fromkeys(map(written_id, self.runs)):
            written = params.experiment(id)
            if id + CODED in planned or not (written.coded or written.extra):
                runs[id] = self.runs.get(id + CODED) or self.runs[id]
        view = copy(self)
        view.runs, view.reading, view._studies = runs, "coded", {}
        return view

    def keys(self, *experiments: str) -> list[str]:
        """Return the keys of all seeds' runs of these experiments, each once; experiments without runs have none."""
        return [run.key for id in dict.fromkeys(experiments) for run in self.runs.get(id, [])]

    def numbers(self, run: Run, direction: str | None = None) -> dict[str, Any]:
        """Return the metrics of a run in a direction (default: the scored one); empty if it was not measured there.

        Scores of photos are left out if the segmenter misses its stated accuracy on real photos.
        """
        least = self.plan.segmenter.min_accuracy
        return believed(self.measured[run.key], direction or run.config.direction, least)

    def segmenter(self, run: Run) -> SegmenterRecord | None:
        """Return the record of a run's segmenter; None for data without classes."""
        return self.measured[run.key].segmenter

    def seeds_of(self, id: str, metric: str, direction: str | None = None) -> list[float]:
        """Return a metric, one value per seed. Raises UserError if it was not measured."""
        scores = [self.numbers(run, direction).get(metric) for run in self.runs[id]]
        if None in scores:
            raise UserError(f"report: {id} has no value for {metric}, which the report shows")
        return scores

    def mean(self, id: str, metric: str, direction: str | None = None) -> float:
        return mean(self.seeds_of(id, metric, direction))

    def spread(self, id: str, metric: str, direction: str | None = None) -> float | None:
        """Return the standard deviation over seeds; None for a single seed."""
        values = self.seeds_of(id, metric, direction)
        return stdev(values) if len(values) > 1 else None

    def resampled(self, id: str, metric: str, direction: Direction | None = None) -> list[float]:
        """Return a metric on bootstrap samples of the first seed's test images; empty if it has none."""
        run = self.one(id)
        return self.measured[run.key].resampled.get(direction or run.config.direction, {}).get(metric, [])

    def half_interval(self, id: str, metric: str, direction: Direction | None = None) -> float | None:
        """Return half the width of the 95% interval over test images; None for several seeds or without samples.

        It is 1.96 standard deviations of the samples: their mean, which FID's bias raises, plays no part.
        """
        samples = self.resampled(id, metric, direction)
        return 1.96 * stdev(samples) if samples and len(self.runs[id]) == 1 else None

    def with_spread(self, id: str, metric: str, direction: Direction | None = None) -> str:
        """Return `110.68 ± 2.10` over several seeds, `110.68 [±6.81]` with an interval over test images, or `110.68`.

        It is `–` if the metric was not measured.
        """
        if not self.has(id, metric, direction):
            return "–"
        digits, spread = SCORES[metric].digits, self.spread(id, metric, direction)
        text = f"{self.mean(id, metric, direction):.{digits}f}"
        if spread is not None:
            return f"{text} ± {spread:.{digits}f}"
        half = self.half_interval(id, metric, direction)
        return text if half is None else f"{text} [±{half:.{digits}f}]"

    def has(self, id: str, metric: str, direction: str | None = None) -> bool:
        """Return whether it was run and all seeds have the metric: some need pairs, classes or several images."""
        return id in self.runs and all(self.numbers(run, direction).get(metric) is not None for run in self.runs[id])

    @cached_property
    def targets(self) -> list[tuple[str, set[str]]]:
        """All targets with the keys of their runs, those with the fewest runs first; on a tie the narrower target."""
        targets = {name: {run.key for run in runs} for name, runs in self.plan.selections.items()}
        return sorted(reversed(targets.items()), key=lambda target: len(target[1]))

    def study(self, id: str, direction: str) -> Share | None:
        """Return how often attentive people took the first seed's images for real; None without a study."""
        if (id, direction) not in self._studies:
            file = study_file(self.one(id), direction, self.root)
            self._studies[id, direction] = attentive(read_answers(file)) if file.exists() else None
        return self._studies[id, direction]

    def study_protocol(self, id: str, direction: str) -> Protocol:
        """Return the protocol of a study that exists."""
        return read_protocol(study_file(self.one(id), direction, self.root))

    def collapses(self, *experiments: str) -> list[str]:
        """Return a sentence for each run of these experiments that collapsed."""
        runs = [run for experiment in experiments for run in self.runs.get(experiment, [])]
        return [f"{run.key} collapsed: {reason}." for run in runs if (reason := self.records[run.key].collapse)]

    def history(self, run: Run) -> pd.DataFrame:
        """Return the losses of a run, one row per logged step; those of D as means of its two halves in any run."""
        return read_history(self.root / run.folder, METHODS[run.config.method].summed_losses(run.config))

    def as_published(self, run: Run) -> Experiment:
        """Return the run's experiment before the scale changes it."""
        return self.plan.params.experiment(run.id)

    def steps_per_epoch(self, id: str) -> int:
        return self.records[self.one(id).key].steps_per_epoch

    @property
    def extractors(self) -> list[Any]:
        return [EXTRACTORS[name] for name in dict.fromkeys(run.extractor for run in self.all_runs)]

    @property
    def stand_ins(self) -> dict[str, str]:
        """Dataset that an experiment names -> the one that stands in for it."""
        return {
            run.asked_dataset: run.config.dataset for run in self.all_runs if run.asked_dataset != run.config.dataset
        }

    def title_of(self, dataset: str) -> str:
        """Return `maps`, or `maps (earth in its place)`."""
        stand_in = self.stand_ins.get(dataset)
        return f"{dataset} ({stand_in} in its place)" if stand_in else dataset

    def data_of(self, id: str) -> str:
        """Return the title of an experiment's dataset."""
        return self.title_of(self.one(id).asked_dataset)

    @property
    def comparable(self) -> bool:
        """Whether our FID can be compared with published ones: same extractor, same data."""
        return all(extractor.comparable for extractor in self.extractors) and not self.stand_ins

    def as_json(self) -> dict[str, Any]:
        """Return the contents of values.json: each experiment's runs, its metrics (mean and spread) and its cost."""
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
                for metric in SCORES
                if self.has(id, metric)
            },
            "n": self.numbers(seeds[0])["n_fake"],
            "status": [self.records[run.key].status for run in seeds],
            "seconds": [self.records[run.key].seconds for run in seeds],
        }


def believed(measured: Measured, direction: Direction, least: float) -> dict[str, Any]:
    """Return a metrics file's values in a direction; empty if it was not measured there.

    Scores of photos (domain A) are left out if the segmenter's accuracy on real photos is below `least`.
    """
    if direction not in measured.metrics:
        return {}
    numbers, segmenter = measured.metrics[direction].model_dump(), measured.segmenter
    if segmenter and TARGET[direction] == "A" and not segmenter.reaches(least):
        return {name: value for name, value in numbers.items() if name not in FCN_SCORE}
    return numbers
