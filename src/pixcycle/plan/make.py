"""Make the plan: experiments x scale x seeds as runs, whose nodes are named by what makes them."""

from functools import cache
from pathlib import Path
from typing import Any

from pixcycle.data.layouts.registry import LAYOUTS
from pixcycle.methods.registry import METHODS
from pixcycle.metrics.registry import METRICS
from pixcycle.params.experiment import Experiment
from pixcycle.params.schema import Params
from pixcycle.plan.names import DESCRIPTIVE, INFERENCE, MACHINE, RECIPE, features_key, fingerprint, raw_key, weights_key
from pixcycle.plan.rulers import calibrations, named_by, ruler_extractor, ruler_weights
from pixcycle.plan.runs import Data, Plan, Run, written_id
from pixcycle.plan.scales import buildable, resolved


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


def _segmenter_key(params: Params, dataset: str, data: str) -> str | None:
    """Return the key of the network that segments a dataset's photos; None unless its domain B is a label map."""
    section = params.datasets[dataset]
    if not (section.classes and section.paired):
        return None
    # min_accuracy decides which scores are shown, not their values.
    settings = params.chosen_segmenter.model_dump(exclude={"min_accuracy"})
    made_by = [data, list(section.classes.items()), section.void, settings, RECIPE["segment"]]
    return f"{data}-{fingerprint(made_by)}"
