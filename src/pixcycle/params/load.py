"""Read `params.yaml` and check all of it before anything runs, with one line for each mistake."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pixcycle.base.errors import UserError
from pixcycle.params.coherence import incoherent
from pixcycle.params.experiment import Experiment
from pixcycle.params.origins import WORDS
from pixcycle.params.refusals import one_line
from pixcycle.params.schema import Params
from pixcycle.params.strict_yaml import read_yaml

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
        raise _mistakes(f"{where}: {one_line(e)}" for e in error.errors(include_url=False)) from None
    mistakes = list(_wrong_in_code(params)) or list(incoherent(params))
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
            where = f"experiments.{chapter}.{name}.coded"
            for field in experiment.coded:
                if field in WORDS:
                    yield f"{where}.{field}: does not belong here; put it beside coded"
            try:
                _ = experiment.as_coded
            except ValidationError as error:
                yield from (one_line(e, Experiment, where) for e in error.errors(include_url=False))
