"""Read `params.yaml` and check all of it before anything runs, with one line for each mistake."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pixcycle.base.errors import UserError
from pixcycle.base.suggest import known, nearest
from pixcycle.metrics.extractors import EXTRACTORS, IMAGENET
from pixcycle.metrics.registry import METRICS
from pixcycle.params.chapter import Chapter
from pixcycle.params.dataset import Dataset, Source
from pixcycle.params.experiment import Experiment
from pixcycle.params.fields import FEATURE_NETWORKS
from pixcycle.params.schema import Params, Scale, Segmenter
from pixcycle.params.strict_yaml import read_yaml

KEPT_IN_REPORTS = {"published", "benchmarks"}
"""Folders of `reports/` in git that do not belong to a scale."""
FIELDS = "in `pixcycle schema`"
"""Where all fields are listed."""
MISTAKES = 20
"""Largest number of mistakes that one error lists."""
MORE = "and further mistakes"


def load_params(path: Path | str = "params.yaml") -> Params:
    """Read and check a params file. Raise UserError with one line for each mistake."""
    return check_params(read_yaml(Path(path)), str(path))


def check_params(tree: Any, where: str = "params.yaml") -> Params:
    """Return the typed params of a parsed file. Raise UserError with one line for each mistake.

    Parameters
    ----------
    tree
        Content of the file, as plain values.
    where
        Name of the file in error messages.
    """
    try:
        params = Params.model_validate(tree)
    except ValidationError as error:
        raise _mistakes(f"{where}: {_one_line(e)}" for e in error.errors(include_url=False)) from None
    mistakes = list(_wrong_in_code(params)) or list(_dangling_names(params))
    if mistakes:
        raise _mistakes(f"{where}: {mistake}" for mistake in mistakes)
    return params


def _mistakes(lines: Iterable[str]) -> UserError:
    first = list(islice(lines, MISTAKES + 1))
    more = [MORE] if len(first) > MISTAKES else []
    return UserError(*first[:MISTAKES], *more)


def _wrong_in_code(params: Params) -> Iterator[str]:
    """Yield the mistakes in what experiments are in the reading `coded`."""
    for chapter, section in params.experiments.items():
        for name, experiment in section.items():
            try:
                _ = experiment.as_coded
            except ValidationError as error:
                for e in error.errors(include_url=False):
                    yield _one_line(e | {"loc": ("experiments", chapter, name, "coded", *e["loc"])})


def _dangling_names(params: Params):
    def missing(where: str, name: str, names: Any, what: str):
        try:
            known(name, names, what)
        except UserError as error:
            yield f"{where}: {error}"

    yield from missing("scale", params.scale, params.scales, "scale")
    for name in KEPT_IN_REPORTS & params.scales.keys():
        yield f"scales.{name}: reports/{name} is reserved for another purpose; choose another name"
    for chapter, section in params.experiments.items():
        yield from missing(f"experiments.{chapter}", chapter, params.chapters, "chapter")
        for name, experiment in section.items():
            where = f"experiments.{chapter}.{name}"
            yield from missing(f"{where}.dataset", experiment.dataset, params.datasets, "dataset")
            if "dataset" in experiment.coded:
                yield from missing(f"{where}.coded.dataset", experiment.coded["dataset"], params.datasets, "dataset")
            for field in ("published_weights", "published_weights_back"):
                if weights := getattr(experiment, field):
                    yield from missing(f"{where}.{field}", weights, params.published_weights, "weights")
            for names in ("assumes", "stated", "settled"):
                for field in getattr(experiment, names):
                    yield from missing(f"{where}.{names}", field, Experiment.model_fields, "field")
    for key, chapter in params.chapters.items():
        for number, matter in enumerate(chapter.code.otherwise if chapter.code else ()):
            for field in matter.fields:
                where = f"chapters.{key}.code.otherwise.{number}.fields"
                yield from missing(where, field, Experiment.model_fields, "field")
    for name in params.weights:
        with_weights = [*EXTRACTORS, IMAGENET.name, *FEATURE_NETWORKS, *(m.weights for m in METRICS if m.weights)]
        yield from missing(f"weights.{name}", name, with_weights, "extractor or metric")
    ids = params.experiment_ids
    for name, scale in params.scales.items():
        for field in ("experiments", "coded"):
            for experiment in getattr(scale, field) or ():
                yield from missing(f"scales.{name}.{field}", experiment, ids, "experiment")
        for target in scale.most_epochs:
            yield from missing(f"scales.{name}.most_epochs", target, [*params.chapters, *ids], "chapter or experiment")
        for dataset in [*scale.stand_ins, *scale.stand_ins.values()]:
            yield from missing(f"scales.{name}.stand_ins", dataset, params.datasets, "dataset")


def _one_line(error: Any) -> str:
    """Format a pydantic error as `path.to.field: what is wrong; what would be right`."""
    loc = [str(part) for part in error["loc"] if part != "[key]"]
    *parents, field = loc or [""]
    at = ".".join(loc)
    if error["type"] == "extra_forbidden":
        return f"{at}: unknown field; {nearest(field, _fields_at(parents), FIELDS)}"
    if error["type"] == "missing":
        return f"{at}: is missing"
    message = error["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    value = error["input"]
    return f"{at}: {message}" + (f" (is {_brief(value)})" if not isinstance(value, dict | list) else "")


def _brief(value: Any) -> str:
    try:
        return f"{value!r:.80}"
    except ValueError:
        return "a number with too many digits to print"


def _fields_at(parents: list[str]) -> list[str]:
    sections = {
        "datasets": Source if "sources" in parents else Dataset,
        "experiments": Experiment,
        "scales": Scale,
        "chapters": Chapter,
        "weights": Source,
        "published_weights": Source,
        "segmenter": Segmenter,
    }
    model = sections["segmenter" if "segmenter" in parents else parents[0]] if parents else Params
    return list(model.model_fields)
