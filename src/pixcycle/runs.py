"""From params to work: experiments x scale x seeds as nodes that are named by what makes them.

A fingerprint is a short hash of all that decides a node's content: its resolved settings, the fingerprints of what it
reads, and the recipe version of the code that makes it. A node that exists under its name is therefore right for ever.
"""

import hashlib
import json
from collections.abc import Iterator
from functools import cache, cached_property
from math import gcd
from pathlib import Path
from typing import Any

from pixcycle.buildable import unbuildable
from pixcycle.data.digest import declared_digest
from pixcycle.errors import UserError
from pixcycle.known import known
from pixcycle.scalars import ChapterKey, ExtractorName
from pixcycle.schema import Closed, Experiment, Params, Scale, Segmenter, Source

RECIPE = {"fetch": 1, "prepare": 1, "train": 2, "segment": 1, "translate": 2, "features": 2, "evaluate": 3}
"""Raised by hand when the same settings would give another result; tests/training/test_golden.py notices."""

DESCRIPTIVE = {"dataset", "label", "extra", "assumes"}
"""Fields of an experiment that decide nothing of its result (the key of its data stands for the dataset)."""
MACHINE = {"compile", "gpus"}
"""Fields that decide how long a training takes, and nothing of its result but the last digits."""
INFERENCE = {"inference_dropout", "inference_norm", "inference_batch"}
"""Fields that decide what a trained network makes of the test images, not how it is trained."""


class Data(Closed):
    """A dataset at the sizes that some runs need."""

    key: str
    dataset: str
    raw: str
    spec: dict[str, Any]


class Run(Closed):
    """One experiment at one scale with one seed, and the names of what it makes."""

    id: str
    chapter: ChapterKey
    name: str
    seed: int
    scale: str
    config: Experiment
    asked_dataset: str
    """What the experiment names; config.dataset is what stands in for it at this scale."""
    data: str
    extractor: ExtractorName
    segmenter: str | None
    """Key of the network behind its FCN-score; None where its data have no classes."""
    fingerprint: str
    translated_fingerprint: str
    metrics_fingerprint: str

    @property
    def key(self) -> str:
        return f"{self.id}/{self.seed}"

    @property
    def _parent(self) -> str:
        return f"results/{self.scale}/{self.chapter}/{self.name}"

    @property
    def prepared(self) -> str:
        return f"data/prepared/{self.data}"

    @property
    def folder(self) -> str:
        return f"{self._parent}/{self.seed}-{self.fingerprint}"

    @property
    def translated(self) -> str:
        return f"{self._parent}/translated-{self.seed}-{self.translated_fingerprint}"

    @property
    def metrics(self) -> str:
        return f"{self._parent}/metrics-{self.seed}-{self.metrics_fingerprint}.json"


class Plan(Closed):
    """All that the jobs of one invocation may know: written once, when the workflow is read."""

    params: Params
    data: dict[str, Data]
    runs: dict[str, Run]

    @property
    def segmenter(self) -> Segmenter:
        """The settings of the networks behind FCN-score at this scale."""
        return _segmenter(self.params)

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.model_dump(mode="json"))

    @property
    def experiments(self) -> dict[str, list[Run]]:
        """Runs by the id of their experiment, one a seed."""
        experiments: dict[str, list[Run]] = {}
        for run in self.runs.values():
            experiments.setdefault(run.id, []).append(run)
        return experiments

    @cached_property
    def selections(self) -> dict[str, list[Run]]:
        """The runs of all that can be asked for by name: all, chapters, chapter-dataset groups, experiments.

        A chapter of which a scale has no experiment can be asked for, too, and has no runs. Where a group and an
        experiment have the same name, the experiment is meant.
        """
        runs = self.runs.values()
        groups: dict[str, list[Run]] = {}
        for run in runs:
            groups.setdefault(f"{run.chapter}-{run.name.split('-')[0]}", []).append(run)
        chapters = {key: [run for run in runs if run.chapter == key] for key in self.params.chapters}
        return {"all": list(runs)} | chapters | groups | self.experiments

    @property
    def sources(self) -> list[Source]:
        """Where its datasets, and any weights, come from."""
        datasets = dict.fromkeys(node.dataset for node in self.data.values())
        return [*(s for d in datasets for s in self.params.datasets[d].sources), *self.params.fetched_weights.values()]

    def select(self, selection: str) -> list[Run]:
        """The runs of `all`, a chapter (`ucsd`), a group (`ucsd-facades`) or one experiment."""
        return self.selections[known(selection, self.selections, "target")]


def read_plan(path: Path) -> Plan:
    """A plan as Snakemake wrote it. Raises UserError if it is none."""
    try:
        return Plan.model_validate_json(path.read_text())
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; start Snakemake anew, which writes it") from None
    except ValueError:  # of which pydantic's are a kind
        raise UserError(f"{path}: is not a plan as Snakemake writes it; remove it and start Snakemake anew") from None


def fingerprint(value: Any) -> str:
    """Eight hexadecimal digits that name a JSON-like value."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:8]


def plan(params: Params, root: Path = Path()) -> Plan:
    """The runs of the chosen scale and seeds, in the order of params.yaml. Raises UserError for impossible ones."""
    digest = cache(lambda dataset: _raw_key(params, dataset, root))
    data, runs = {}, {}
    for scale in params.scales:
        for id, experiment in resolved(params, scale):
            if scale != params.scale:
                continue
            node = _data(params, experiment, digest(experiment.dataset))
            data[node.key] = node
            for seed in params.seeds:
                run = _run(params, id, experiment, seed, node.key, root)
                runs[run.key] = run
    return Plan(params=params, data=data, runs=runs)


def resolved(params: Params, scale: str) -> Iterator[tuple[str, Experiment]]:
    """(id, experiment at that scale), each checked to be buildable."""
    chosen = params.scales[known(scale, params.scales, "scale")]
    for id, (chapter, name) in params.experiment_ids.items():
        if chosen.experiments and id not in chosen.experiments:
            continue
        experiment = scaled(params.experiments[chapter][name], chosen, chapter)
        at_scale = "" if scale == "full" else f" at scale {scale}"
        for field, mistake in unbuildable(experiment):
            raise UserError(f"params.yaml: experiments.{chapter}.{name}.{field}{at_scale}: {mistake}")
        yield id, experiment


def scaled(experiment: Experiment, scale: Scale, chapter: ChapterKey) -> Experiment:
    """The experiment with the factors of a scale applied; no factor makes anything less than 1."""

    def times(number: int, factor: float) -> int:
        return max(1, round(number * factor)) if number else 0

    total = experiment.epochs
    most = scale.most_epochs.get(chapter, total)
    batch = times(experiment.batch_size, scale.batch)
    epochs = min(scale.epochs, most / total) if total else scale.epochs
    return experiment.model_copy(
        update={
            "dataset": scale.stand_ins.get(experiment.dataset, experiment.dataset),
            "load_size": times(experiment.load_size, scale.resolution),
            "crop_size": times(experiment.crop_size, scale.resolution),
            "filters": times(experiment.filters, scale.filters),
            "batch_size": batch,
            "n_epochs": times(experiment.n_epochs, epochs),
            "n_epochs_decay": times(experiment.n_epochs_decay, epochs),
            "sample_epochs": sorted({times(epoch, epochs) for epoch in experiment.sample_epochs}),
            "gpus": gcd(experiment.gpus, batch),
            "precision": scale.precision or experiment.precision,
            "published_weights": experiment.published_weights if scale.published_weights else None,
        }
    )


def _data(params: Params, experiment: Experiment, raw: str) -> Data:
    scale = params.chosen_scale
    dataset = params.datasets[experiment.dataset]
    spec = {
        "load_size": experiment.load_size,
        "crop_size": experiment.crop_size,
        "preprocess": experiment.preprocess,
        "resize": experiment.resize,
        "train_images": scale.train_images,
        "test_images": scale.test_images,
    }
    # Elsewhere the domains are words for readers; of earth they choose the maps.
    domains = dataset.domains if dataset.layout == "earth" else None
    made_by = [raw, dataset.layout, dataset.splits, domains, dataset.paired, spec, RECIPE["prepare"]]
    return Data(key=f"{experiment.dataset}-{fingerprint(made_by)}", dataset=experiment.dataset, raw=raw, spec=spec)


def _raw_key(params: Params, dataset: str, root: Path) -> str:
    try:
        digests = [declared_digest(source, root) for source in params.datasets[dataset].sources]
    except UserError as error:
        raise UserError(f"params.yaml: datasets.{dataset}: {error}") from None
    return f"{dataset}-{fingerprint([digests, RECIPE['fetch']])}"


def _run(params: Params, id: str, experiment: Experiment, seed: int, data: str, root: Path) -> Run:
    chapter, _, name = id.partition("-")
    scale = params.chosen_scale
    extractor = params.extractor or scale.extractor
    # Without defaults: a field that is added later, and whose default means what was done before, renames nothing.
    settings = experiment.model_dump(mode="json", exclude=DESCRIPTIVE | MACHINE | INFERENCE, exclude_defaults=True)
    inference = experiment.model_dump(mode="json", include=INFERENCE, exclude_defaults=True)
    if experiment.published_weights:
        settings["published_weights"] = weights_key(params, experiment.published_weights, root)
    segmenter = _segmenter_key(params, experiment.dataset, data)
    trained = fingerprint([settings, data, RECIPE["train"]])
    translated = fingerprint([trained, seed, inference, RECIPE["translate"]])
    rulers = [features_key(data, extractor), params.neighbours, segmenter]
    measured = fingerprint([translated, rulers, RECIPE["evaluate"]])
    return Run(
        id=id,
        chapter=chapter,
        name=name,
        seed=seed,
        scale=params.scale,
        config=experiment,
        asked_dataset=params.experiments[chapter][name].dataset,
        data=data,
        extractor=extractor,
        segmenter=segmenter,
        fingerprint=trained,
        translated_fingerprint=translated,
        metrics_fingerprint=measured,
    )


def weights_key(params: Params, name: str, root: Path = Path()) -> str:
    """The name of a fetched file of weights, which says which file it is."""
    return f"{name}-{fingerprint([declared_digest(params.fetched_weights[name], root), RECIPE['fetch']])}"


def features_key(data: str, extractor: str) -> str:
    """The name of the real test images' features."""
    return f"{data}-{extractor}-{fingerprint([data, extractor, RECIPE['features']])}"


def _segmenter(params: Params) -> Segmenter:
    return params.chosen_scale.segmenter or params.segmenter


def _segmenter_key(params: Params, dataset: str, data: str) -> str | None:
    """The name of the network that tells the classes of a dataset's photos, if its domain B is a map of classes."""
    named = params.datasets[dataset]
    if not (named.classes and named.paired):
        return None
    # min_accuracy decides what is shown of its scores, not what these are.
    settings = _segmenter(params).model_dump(exclude={"min_accuracy"})
    made_by = [data, list(named.classes.items()), named.void, settings, RECIPE["segment"]]
    return f"{data}-{fingerprint(made_by)}"
