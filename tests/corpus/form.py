"""The form of the corpus: one row an input, made when it is needed, with what a command must answer to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True)
class Input:
    """name: what is odd about it; make: writes it, into a folder of its own or as the table's test says.

    expected: a phrase (str) of the one line that refuses it, or else what correct handling gives.
    """

    name: str
    make: Callable[..., Any]
    expected: Any


def each(table: Sequence[Input]) -> pytest.MarkDecorator:
    """A test for each row, which is its argument `given`."""
    return pytest.mark.parametrize("given", [pytest.param(row, id=row.name) for row in table])


def one_line(told: str, *phrases: str) -> None:
    """A refusal is a single line that a person can read on, and says all this."""
    assert "\n" not in told and len(told) < 1000 and told.isprintable(), told
    for phrase in phrases:
        assert phrase in told, f"{phrase!r} is not in: {told}"
