"""Turn params into a plan: experiments x scale x seeds as runs, whose nodes are named by what makes them."""

from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from pixcycle import paths
from pixcycle.base.errors import UserError
from pixcycle.base.suggest import known
from pixcycle.data.fetch.digest import is_declared, own_path
from pixcycle.data.layouts.registry import LAYOUTS
from pixcycle.methods.registry import METHODS
from pixcycle.metrics.registry import METRICS
from pixcycle.params.dataset import Source
from pixcycle.params.experiment import Experiment
from pixcycle.params.fields import ChapterKey, Closed, ExtractorName
from pixcycle.params.schema import CODED, Params, Segmenter
from pixcycle.plan.names import DESCRIPTIVE, INFERENCE, MACHINE, RECIPE, features_key, fingerprint, raw_key, weights_key
from pixcycle.plan.rulers import CalibrationNode, calibrations, named_by, ruler_extractor, ruler_weights
from pixcycle.plan.scales import buildable, resolved


class Data(Closed):
    """A dataset prepared at the sizes that a group of runs needs."""

    key: str
    dataset: str
    raw: str
    spec: dict[str, Any]


class Run(Closed):
    """An experiment at one scale with one seed, and the names of its results."""

    id: str
    """Such as ucsd-facades-l1, or ucsd-facades-l1@coded."""
    chapter: ChapterKey
    name: str
    """The id without its chapter."""
    seed: int
    scale: str
    config: Experiment
    asked_dataset: str
    """Dataset that the experiment names; config.dataset is the one used in its place at this scale."""
    data: str
    extractor: ExtractorName
    segmenter: str | None
    """Key of the network behind its FCN-score; None if its data have no classes."""
    metric_weights: dict[str, str]
    """Name -> key of the downloaded weights of its metrics and its ruler."""
    ruler: str | None = None
    """Ruler of its chapter."""
    ruler_extractor: str | None = None
    """Network that the ruler measures with, its own or a stand-in."""
    fingerprint: str
    translated_fingerprint: str
    metrics_fingerprint: str

    @property
    def training_weights(self) -> list[str]:
        """Names of the weights that its training reads, also of those that come with a package."""
        return [name for name in (*self.config.published, self.config.feature_network) if name]

    @property
    def weights(self) -> list[str]:
        """Names of the weights that its jobs read, also of those that come with packages."""
        return [self.extractor, *self.training_weights, *self.metric_weights]

    @property
    def key(self) -> str:
        return f"{self.id}/{self.seed}"

    @property
    def _parent(self) -> str:
        return paths.experiment(self.scale, self.chapter, self.name)

    @property
    def prepared(self) -> str:
        return paths.prepared(self.data)

    @property
    def folder(self) -> str:
        return paths.run(self._parent, self.seed, self.fingerprint)

    @property
    def translated(self) -> str:
        return paths.translated(self._parent, self.seed, self.translated_fingerprint)

    @property
    def metrics(self) -> str:
        return paths.metrics(self._parent, self.seed, self.metrics_fingerprint)

    @property
    def watched(self) -> str:
        return paths.watched(self.scale, self.id, self.seed, self.fingerprint)

    def log(self, step: Literal["train", "translate", "evaluate"]) -> str:
        fingerprints = {
            "train": self.fingerprint,
            "translate": self.translated_fingerprint,
            "evaluate": self.metrics_fingerprint,
        }
        return paths.run_log(step, self.scale, self.id, self.seed, fingerprints[step])


class Plan(Closed):
    """Everything that the jobs of one invocation need to know, written once when the workflow is read."""

    params: Params
    data: dict[str, Data]
    runs: dict[str, Run]
    calibrations: dict[str, CalibrationNode] = Field({})
    """Chapter -> its ruler tried on images of its authors."""
    recipe: dict[str, int] = RECIPE
    """Version of each step in the code that made the plan."""

    @property
    def segmenter(self) -> Segmenter:
        """Settings of the networks behind FCN-score at this scale."""
        return _segmenter(self.params)

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.model_dump(mode="json"))

    @property
    def experiments(self) -> dict[str, list[Run]]:
        """Runs by the id of their experiment, one for each seed; its two readings have an id each."""
        experiments: dict[str, list[Run]] = {}
        for run in self.runs.values():
            experiments.setdefault(run.id, []).append(run)
        return experiments

    @property
    def both_readings(self) -> dict[str, list[Run]]:
        """Runs of both readings by the id of the written one."""
        experiments: dict[str, list[Run]] = {}
        for run in self.runs.values():
            experiments.setdefault(written_id(run.id), []).append(run)
        return experiments

    @cached_property
    def selections(self) -> dict[str, list[Run]]:
        """Runs of each target that users can name: all, chapters, chapter-dataset groups and experiments.

        A chapter without experiments at this scale is a target without runs. If a group and an experiment have the same
        name, the target is the experiment, in both readings.
        """
        runs = self.runs.values()
        chapters = {key: [run for run in runs if run.chapter == key] for key in self.params.chapters}
        return {"all": list(runs)} | chapters | self.groups | self.experiments | self.both_readings

    @property
    def groups(self) -> dict[str, list[Run]]:
        """Runs of the experiments of a chapter whose names begin alike, by the name of their group."""
        groups: dict[str, list[Run]] = {}
        for run in self.runs.values():
            groups.setdefault(group(run.chapter, run.name), []).append(run)
        return groups

    @property
    def hidden(self) -> dict[str, list[str]]:
        """Experiments named like their group -> the other experiments of that group, which no target unites."""
        hidden = {}
        for name, runs in self.groups.items():
            ids = list(dict.fromkeys(written_id(run.id) for run in runs))
            if name in ids and len(ids) > 1:
                hidden[name] = [id for id in ids if id != name]
        return hidden

    def calibrations_of(self, selection: str) -> list[CalibrationNode]:
        """Return the calibrations that a selection's report shows: those of the datasets that its runs name."""
        shown = {(run.chapter, run.asked_dataset) for run in self.select(selection)}
        return [node for node in self.calibrations.values() if (node.chapter, node.dataset) in shown]

    @property
    def sources(self) -> list[Source]:
        """Sources of its datasets and of all weights."""
        datasets = dict.fromkeys(node.dataset for node in self.data.values())
        return [*(s for d in datasets for s in self.params.datasets[d].sources), *self.params.fetched_weights.values()]

    def select(self, selection: str) -> list[Run]:
        """Return the runs of `all`, a chapter (`ucsd`), a group (`ucsd-facades`) or one experiment."""
        return self.selections[known(selection, self.selections, "target")]


def group(chapter: str, name: str) -> str:
    """Return the target that unites an experiment with those of its chapter whose names begin alike."""
    return f"{chapter}-{written_id(name).split('-')[0]}"


def written_id(id: str) -> str:
    """Return the id of an experiment's written reading, which its other reading extends."""
    return id.removesuffix(CODED)


def read_plan(path: Path) -> Plan:
    """Read the plan that Snakemake wrote.

    Raises
    ------
    UserError
        If the file is missing or not a plan, or if the code has changed since so that steps give other results.
    """
    try:
        plan = Plan.model_validate_json(path.read_text())
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; start Snakemake again, which writes this file") from None
    except ValueError:  # also pydantic's errors
        raise UserError(f"{path}: is not a plan as Snakemake writes it; remove it and start Snakemake again") from None
    changed = [step for step in RECIPE if plan.recipe.get(step) != RECIPE[step]]
    if changed:
        raise UserError(
            f"{path}: was planned by another version of pixcycle, which did {', '.join(changed)} otherwise; "
            "start Snakemake again"
        )
    return plan


def make_plan(params: Params, root: Path = Path(), *, skip_unbuildable: bool = False) -> Plan:
    """Plan the runs of the chosen scale and seeds, in the order of params.yaml.

    Where both readings of an experiment have the same settings at this scale, there is one run for both.

    Parameters
    ----------
    skip_unbuildable
        Leave out experiments that cannot run at this scale, instead of raising UserError.
    """
    digest = cache(lambda dataset: raw_key(params, dataset, root))
    data, runs = {}, {}
    experiments = buildable(params, params.scale) if skip_unbuildable else resolved(params, params.scale)
    for id, experiment in experiments:
        node = _data(params, experiment, digest(experiment.dataset))
        data[node.key] = node
        for seed in params.seeds:
            run = _run(params, id, experiment, seed, node.key, root)
            written = runs.get(f"{written_id(id)}/{seed}")
            if written is None or written.metrics_fingerprint != run.metrics_fingerprint:
                runs[run.key] = run
    return Plan(params=params, data=data, runs=runs, calibrations=calibrations(params, root))


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
    if experiment.first_size:
        spec["first_size"] = experiment.first_size
    if experiment.intensities != "fixed":
        spec["intensities"] = experiment.intensities
    domains = dataset.domains if LAYOUTS[dataset.layout].domains_choose else None
    made_by = [raw, dataset.layout, dataset.splits, domains, dataset.paired, spec, RECIPE["prepare"]]
    if dataset.held_out:
        made_by.append({"held_out": dataset.held_out})
    return Data(key=f"{experiment.dataset}-{fingerprint(made_by)}", dataset=experiment.dataset, raw=raw, spec=spec)


def refuse_changed(plan: Plan, dataset: str, root: Path = Path()) -> None:
    """Raise UserError if the user's own files of a dataset are no longer those that name its data in the plan.

    On a cluster hours pass between the planning and the reading of the files, which must not enter under that name.
    """
    planned = {node.raw for node in plan.data.values() if node.dataset == dataset}
    if not planned or planned == {raw_key(plan.params, dataset, root)}:
        return
    own = [own_path(source, root) for source in plan.params.datasets[dataset].sources if not is_declared(source)]
    raise UserError(
        f"{dataset}: {' or '.join(str(path) for path in own if path)} changed after Snakemake had planned with it;"
        " start snakemake again, which takes the files as they are now"
    )


def _run(params: Params, id: str, experiment: Experiment, seed: int, data: str, root: Path) -> Run:
    chapter, _, name = id.partition("-")
    scale = params.chosen_scale
    extractor = params.extractor or scale.extractor
    # Without defaults: adding a field whose default keeps the previous behaviour renames no run.
    settings = experiment.model_dump(mode="json", exclude=DESCRIPTIVE | MACHINE | INFERENCE, exclude_defaults=True)
    inference = experiment.model_dump(mode="json", include=INFERENCE, exclude_defaults=True)
    for field in ("published_weights", "published_weights_back"):
        if weights := settings.get(field):
            settings[field] = weights_key(params, weights, root)
    if experiment.feature_network in params.weights:
        settings["feature_network"] = weights_key(params, experiment.feature_network, root)
    segmenter = _segmenter_key(params, experiment.dataset, data)
    made_by: list[Any] = [settings, data, RECIPE["train"]]
    if recipes := METHODS[experiment.method].recipes(experiment):
        made_by.append({name: RECIPE[name] for name in recipes})
    trained = fingerprint(made_by)
    translated = fingerprint([trained, seed, inference, RECIPE["translate"]])
    rulers = [features_key(data, extractor), params.neighbours, segmenter]
    metric_weights = {name: weights_key(params, name, root) for name in measured_with_weights(params)}
    if later := _later_metrics(metric_weights):
        rulers.append(later)
    ruler = params.chapters[chapter].ruler
    if ruler:
        rulers.append({"ruler": named_by(params, ruler, root)})
        metric_weights |= ruler_weights(params, ruler, root)
    measured = fingerprint([translated, rulers, RECIPE["evaluate"]])
    return Run(
        id=id,
        chapter=chapter,
        name=name,
        seed=seed,
        scale=params.scale,
        config=experiment,
        asked_dataset=params.experiment(id).dataset,
        data=data,
        extractor=extractor,
        segmenter=segmenter,
        metric_weights=metric_weights,
        ruler=ruler,
        ruler_extractor=ruler_extractor(params, ruler) if ruler else None,
        fingerprint=trained,
        translated_fingerprint=translated,
        metrics_fingerprint=measured,
    )


def measured_with_weights(params: Params) -> list[str]:
    """Return the names of the measured metrics that need weights; empty at a scale that downloads none."""
    names = [metric.weights for metric in METRICS if metric.weights in params.weights]
    return names if params.chosen_scale.published_weights else []


def _later_metrics(weights: dict[str, str]) -> dict[str, list[Any]]:
    """Return the recipe and weights key of each measured metric whose recipe RECIPE["evaluate"] does not cover."""
    measured = [metric for metric in METRICS if metric.recipe and (not metric.weights or metric.weights in weights)]
    return {metric.scores[0].name: [metric.recipe, weights.get(metric.weights)] for metric in measured}


def _segmenter(params: Params) -> Segmenter:
    return params.chosen_scale.segmenter or params.segmenter


def _segmenter_key(params: Params, dataset: str, data: str) -> str | None:
    """Return the key of the network that segments a dataset's photos; None unless its domain B is a label map."""
    section = params.datasets[dataset]
    if not (section.classes and section.paired):
        return None
    # min_accuracy decides which scores are shown, not their values.
    settings = _segmenter(params).model_dump(exclude={"min_accuracy"})
    made_by = [data, list(section.classes.items()), section.void, settings, RECIPE["segment"]]
    return f"{data}-{fingerprint(made_by)}"
