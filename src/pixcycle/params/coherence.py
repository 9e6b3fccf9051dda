"""Whether what sections of `params.yaml` say of each other is so: names that name nothing, and contradictions."""

from collections.abc import Container, Iterable, Iterator

from pixcycle.base.errors import UserError
from pixcycle.base.suggest import known
from pixcycle.metrics.extractors import EXTRACTORS, IMAGENET
from pixcycle.metrics.registry import METRICS
from pixcycle.params.chapter import Chapter
from pixcycle.params.experiment import Experiment
from pixcycle.params.fields import FEATURE_NETWORKS
from pixcycle.params.origins import SETTINGS, WORDS
from pixcycle.params.schema import CODED, Params, Scale

KEPT_IN_REPORTS = {"published", "benchmarks"}
"""Folders of `reports/` in git that do not belong to a scale."""


def incoherent(params: Params) -> Iterator[str]:
    """Yield `path.to.field: what is wrong; what would be right` for each mistake."""
    yield from _missing("scale", params.scale, params.scales, "scale")
    for chapter, section in params.experiments.items():
        yield from _missing(f"experiments.{chapter}", chapter, params.chapters, "chapter")
        for name, experiment in section.items():
            where = f"experiments.{chapter}.{name}"
            yield from _of_reading(params, where, experiment, Experiment.model_fields)
            yield from _of_reading(params, f"{where}.coded", experiment.as_coded, experiment.coded)
            yield from _of_origins(where, experiment)
    for key, chapter in params.chapters.items():
        yield from _of_chapter(params, key, chapter)
    for name in params.weights:
        with_weights = [*EXTRACTORS, IMAGENET.name, *FEATURE_NETWORKS, *(m.weights for m in METRICS if m.weights)]
        yield from _missing(f"weights.{name}", name, with_weights, "extractor or metric")
    for name, scale in params.scales.items():
        yield from _of_scale(params, name, scale)


def _missing(where: str, name: str, names: Iterable[str], what: str) -> Iterator[str]:
    try:
        known(name, names, what)
    except UserError as error:
        yield f"{where}: {error}"


def _no_setting(where: str, name: str) -> Iterator[str]:
    if name in WORDS:
        yield f"{where}: {name} describes an experiment, and is no setting; remove it"
    else:
        yield from _missing(where, name, SETTINGS, "field")


def _of_reading(params: Params, where: str, e: Experiment, fields: Container[str]) -> Iterator[str]:
    """Yield what these fields name, and params do not have."""
    weights = (params.published_weights, "weights")
    named = {"dataset": (params.datasets, "dataset"), "published_weights": weights, "published_weights_back": weights}
    for field, (names, what) in named.items():
        name = getattr(e, field)
        if field in fields and name is not None:
            yield from _missing(f"{where}.{field}", name, names, what)


def _of_origins(where: str, e: Experiment) -> Iterator[str]:
    for field in ("assumes", "stated", "settled"):
        for setting in getattr(e, field):
            yield from _no_setting(f"{where}.{field}", setting)
    for setting in e.settled:
        for other in ("stated", "coded"):
            if setting in getattr(e, other):
                yield f"{where}.settled: {setting} is in {other}, too; remove it from one of them"


def _of_chapter(params: Params, key: str, chapter: Chapter) -> Iterator[str]:
    where = f"chapters.{key}"
    if chapter.calibration:
        yield from _missing(f"{where}.calibration.dataset", chapter.calibration.dataset, params.datasets, "dataset")
    for number, matter in enumerate(chapter.code.otherwise if chapter.code else ()):
        for field in matter.fields:
            yield from _no_setting(f"{where}.code.otherwise.{number}.fields", field)


def _of_scale(params: Params, key: str, scale: Scale) -> Iterator[str]:
    where = f"scales.{key}"
    if key in KEPT_IN_REPORTS:
        yield f"{where}: reports/{key} is reserved for another purpose; choose another name"
    ids = [id for id in params.experiment_ids if not id.endswith(CODED)]
    accepted = {"experiments": ids, "coded": ids, "most_epochs": [*params.chapters, *ids]}
    for field, names in accepted.items():
        for id in getattr(scale, field) or ():
            written = id.removesuffix(CODED)
            if id != written and written in ids:
                yield f"{where}.{field}: {id}: write {written}, which is for both readings"
            else:
                what = "experiment" if names is ids else "chapter or experiment"
                yield from _missing(f"{where}.{field}", id, names, what)
    for id in scale.coded or ():
        if id in ids and not params.experiment(id).coded:
            yield f"{where}.coded: {id}: its code is not known to do otherwise; remove it"
        elif id in ids and scale.experiments and id not in scale.experiments:
            yield f"{where}.coded: {id}: not among {where}.experiments; add it there, or remove it here"
    for dataset in [*scale.stand_ins, *scale.stand_ins.values()]:
        yield from _missing(f"{where}.stand_ins", dataset, params.datasets, "dataset")
