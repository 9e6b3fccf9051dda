"""Experiments at a scale: its factors applied, sizes rounded to what the networks accept, and what still cannot run."""

from collections.abc import Iterator
from math import gcd

from pixcycle.base.errors import UserError
from pixcycle.base.suggest import all_or_nearest, known
from pixcycle.methods.registry import METHODS
from pixcycle.models.generators.registry import GENERATORS
from pixcycle.params.checks import unbuildable, undrawable
from pixcycle.params.experiment import Experiment
from pixcycle.params.schema import CODED, Params, Scale


def resolved(params: Params, scale: str) -> Iterator[tuple[str, Experiment]]:
    """Yield (id, experiment at that scale). Raise UserError for the first experiment that cannot run."""
    for id, experiment in _of_scale(params, scale):
        for mistake in mistakes(params, scale, id, experiment):
            raise UserError(f"params.yaml: {mistake}")
        yield id, experiment


def buildable(params: Params, scale: str) -> Iterator[tuple[str, Experiment]]:
    """Yield (id, experiment at that scale) for those that can run."""
    for id, experiment in _of_scale(params, scale):
        if not any(mistakes(params, scale, id, experiment)):
            yield id, experiment


def at_scale(params: Params, scale: str, id: str) -> Experiment:
    """Return one experiment at a scale. Raise UserError if it is not part of the scale or cannot run."""
    experiments = dict(_of_scale(params, scale))
    if id not in experiments:
        raise UserError(f"{id} is not part of scale {scale}; {all_or_nearest(id, list(experiments))}")
    for mistake in mistakes(params, scale, id, experiments[id]):
        raise UserError(f"params.yaml: {mistake}")
    return experiments[id]


def mistakes(params: Params, scale: str, id: str, e: Experiment) -> Iterator[str]:
    """Yield `experiments.CHAPTER.NAME.FIELD: what is wrong` for each setting that cannot run at a scale.

    As coded, fields of both blocks act together: the line does not say in which block the field stands.
    """
    at = "" if scale == "full" else f" at scale {scale}"
    experiment = "experiments.{}.{}".format(*params.experiment_ids[id])
    experiment += ", as coded: " if id.endswith(CODED) else "."
    for field, mistake in _mistakes(params, e):
        yield f"{experiment}{field}{at}: {mistake}"


def remarks(params: Params) -> Iterator[str]:
    """Yield what a scale rounds, and what cannot run at scales other than the chosen one, each with its experiments."""
    for scale, settings in params.scales.items():
        experiments: dict[str, list[str]] = {}
        for id, e in _of_scale(params, scale):
            found = [] if scale == params.scale else [f"{field}: {mistake}" for field, mistake in _mistakes(params, e)]
            if rounding := rounded(params.experiment(id), settings, e):
                found.append(rounding)
            for line in found:
                experiments.setdefault(line, []).append(id)
        for line, ids in experiments.items():
            yield f"scale {scale}: {line} ({', '.join(ids)})"


def rounded(asked: Experiment, scale: Scale, e: Experiment) -> str | None:
    """Return how a scale rounded the crop_size of an experiment, or None if it did not."""
    exact = _times(asked.crop_size, scale.resolution)
    if e.crop_size == exact:
        return None
    return f"crop_size {exact} becomes {e.crop_size}, the nearest size that {_sized_by(e)} accepts"


def scaled(experiment: Experiment, scale: Scale, id: str) -> Experiment:
    """Return the experiment with the factors of a scale applied; no positive number becomes less than 1.

    If its networks do not accept the resulting crop_size, both sizes are changed to the nearest ones that they do.
    """
    total = experiment.epochs
    limit = scale.most_epochs.get(id.removesuffix(CODED)) or scale.most_epochs.get(id.partition("-")[0], total)
    batch = _times(experiment.batch_size, scale.batch)
    epochs = min(scale.epochs, limit / total) if total else scale.epochs
    stand_in = experiment.feature_network and "efficientnet-lite0"
    e = experiment.model_copy(
        update={
            "dataset": scale.stand_ins.get(experiment.dataset, experiment.dataset),
            "load_size": _times(experiment.load_size, scale.resolution),
            "crop_size": _times(experiment.crop_size, scale.resolution),
            "first_size": experiment.first_size and _times(experiment.first_size, scale.resolution),
            "filters": _times(experiment.filters, scale.filters),
            "batch_size": batch,
            "n_epochs": _times(experiment.n_epochs, epochs),
            "n_epochs_decay": _times(experiment.n_epochs_decay, epochs),
            "sample_epochs": sorted({_times(epoch, epochs) for epoch in experiment.sample_epochs}),
            "gpus": gcd(experiment.gpus, batch),
            "precision": scale.precision or experiment.precision,
            "published_weights": experiment.published_weights if scale.published_weights else None,
            "feature_network": experiment.feature_network if scale.published_weights else stand_in,
            "published_weights_back": experiment.published_weights_back if scale.published_weights else None,
        }
    )
    crop = e.crop_size if scale.resolution == 1 else _nearest_crop(e)
    if crop == e.crop_size:
        return e
    return e.model_copy(
        update={"crop_size": crop, "load_size": round(experiment.load_size * crop / experiment.crop_size)}
    )


def ids_of_scale(params: Params, scale: Scale) -> list[str]:
    """Return the ids of the experiments of a scale, in the readings that are run."""
    ids = []
    for chapter, section in params.experiments.items():
        for name, experiment in section.items():
            id = f"{chapter}-{name}"
            if scale.experiments and id not in scale.experiments:
                continue
            if "written" in params.readings or not experiment.coded:
                ids.append(id)
            if "coded" in params.readings and experiment.coded and (scale.coded is None or id in scale.coded):
                ids.append(id + CODED)
    return ids


def _of_scale(params: Params, scale: str) -> Iterator[tuple[str, Experiment]]:
    """Yield (id, experiment at that scale), whether it can run or not."""
    chosen = params.scales[known(scale, params.scales, "scale")]
    for id in ids_of_scale(params, chosen):
        yield id, scaled(params.experiment(id), chosen, id)


def _mistakes(params: Params, e: Experiment) -> Iterator[tuple[str, str]]:
    """Yield (field, what is wrong and what would be right) for each setting that cannot run."""
    yield from _unused(e)
    yield from _network_mistakes(e)
    yield from unbuildable(e)
    yield from undrawable(e, METHODS[e.method].needs_pairs, bool(params.datasets[e.dataset].classes))
    generators = METHODS[e.method].generators(e)
    if e.published_weights and len(e.published) != len(generators):
        needed = "name those of the second generator" if len(generators) > 1 else "leave it out"
        yield "published_weights_back", f"{e.method} has {len(generators)} generator(s); {needed}"


def _unused(e: Experiment) -> Iterator[tuple[str, str]]:
    """Yield an error message for each setting without effect; the default, 0 and false pass, as recipes share them."""
    for field in METHODS[e.method].unused:
        value = getattr(e, field)
        if value and value != Experiment.model_fields[field].default:
            yield field, f"not used by {e.method}; remove it"


def _network_mistakes(e: Experiment) -> Iterator[tuple[str, str]]:
    if not METHODS[e.method].own_networks:
        yield from GENERATORS[e.generator].mistakes(e)
    yield from METHODS[e.method].mistakes(e)


def _sized_by(e: Experiment) -> str:
    return e.method if METHODS[e.method].own_networks else e.generator


def _nearest_crop(e: Experiment) -> int:
    """Return the crop_size nearest to the experiment's that its networks accept; its own if there is none."""

    def accepted(side: int) -> bool:
        resized = e.model_copy(update={"crop_size": side})
        return not any(field == "crop_size" for field, _ in _network_mistakes(resized))

    away = (side for distance in range(e.crop_size) for side in (e.crop_size - distance, e.crop_size + distance))
    return next((side for side in away if accepted(side)), e.crop_size)


def _times(number: int, factor: float) -> int:
    return max(1, round(number * factor)) if number else 0
