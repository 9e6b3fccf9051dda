"""`params.yaml`, read and checked as a whole before anything runs; each mistake in it is told in one line."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pixcycle.errors import UserError
from pixcycle.known import known, nearest
from pixcycle.schema import Chapter, Dataset, Experiment, Params, Scale, Segmenter, Source
from pixcycle.strict_yaml import read_yaml

KEPT_IN_REPORTS = {"published", "benchmarks"}
"""What git keeps beside the reports of the scales."""
MISTAKES = 20
"""So many are told at once."""
MORE = "and more of the kind"


def load(path: Path | str = "params.yaml") -> Params:
    """Read and check a params file. Raises UserError with one line a mistake."""
    return check(read_yaml(Path(path)), str(path))


def check(tree: Any, where: str = "params.yaml") -> Params:
    """The typed params of a parsed file; `where` names it in errors. Raises UserError with one line a mistake."""
    try:
        params = Params.model_validate(tree)
    except ValidationError as error:
        raise _mistakes(_one_line(e, where) for e in error.errors(include_url=False)) from None
    mistakes = list(_dangling_names(params))
    if mistakes:
        raise _mistakes(f"{where}: {mistake}" for mistake in mistakes)
    return params


def _mistakes(lines: Iterable[str]) -> UserError:
    first = list(islice(lines, MISTAKES + 1))
    more = [MORE] if len(first) > MISTAKES else []
    return UserError(*first[:MISTAKES], *more)


def _dangling_names(params: Params):
    def missing(where: str, name: str, names: Any, what: str):
        try:
            known(name, names, what)
        except UserError as error:
            yield f"{where}: {error}"

    yield from missing("scale", params.scale, params.scales, "scale")
    for name in KEPT_IN_REPORTS & params.scales.keys():
        yield f"scales.{name}: reports/{name} is another thing; choose another name"
    for chapter, section in params.experiments.items():
        yield from missing(f"experiments.{chapter}", chapter, params.chapters, "chapter")
        for name, experiment in section.items():
            where = f"experiments.{chapter}.{name}"
            yield from missing(f"{where}.dataset", experiment.dataset, params.datasets, "dataset")
            if experiment.published_weights:
                given = experiment.published_weights
                yield from missing(f"{where}.published_weights", given, params.published_weights, "weights")
            for field in experiment.assumes:
                yield from missing(f"{where}.assumes", field, Experiment.model_fields, "field")
    ids = params.experiment_ids
    for name, scale in params.scales.items():
        for experiment in scale.experiments:
            yield from missing(f"scales.{name}.experiments", experiment, ids, "experiment")
        for dataset in [*scale.stand_ins, *scale.stand_ins.values()]:
            yield from missing(f"scales.{name}.stand_ins", dataset, params.datasets, "dataset")


def _one_line(error: Any, where: str) -> str:
    """A pydantic error as `file: path.to.field: what is wrong; what would be right`."""
    loc = [str(part) for part in error["loc"] if part != "[key]"]
    *parents, field = loc or [""]
    at = ".".join(loc)
    if error["type"] == "extra_forbidden":
        return f"{where}: {at}: unknown field; {nearest(field, _fields_at(parents))}"
    if error["type"] == "missing":
        return f"{where}: {at}: is missing"
    message = error["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    shown = error["input"]
    return f"{where}: {at}: {message}" + (f" (is {_brief(shown)})" if not isinstance(shown, dict | list) else "")


def _brief(value: Any) -> str:
    try:
        return f"{value!r:.80}"
    except ValueError:
        return "a number of more digits than anybody reads"


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
