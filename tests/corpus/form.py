"""Rows of the corpus: inputs that are written when a test needs them, each with the expected outcome."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True)
class Input:
    """One input of the corpus.

    Attributes
    ----------
    name
        What is odd about it.
    make
        Writes it, into a folder of its own or as the test of its table says.
    expected
        A phrase (str) of the line that refuses it, or else the result of handling it correctly.
    """

    name: str
    make: Callable[..., Any]
    expected: Any


def each(table: Sequence[Input]) -> pytest.MarkDecorator:
    """Parametrize a test by the rows of a table; its argument is called `given`."""
    return pytest.mark.parametrize("given", [pytest.param(row, id=row.name) for row in table])


def one_line(message: str, *phrases: str) -> None:
    """Assert that a message is a single, printable, not too long line that has all these phrases."""
    assert "\n" not in message and len(message) < 1000 and message.isprintable(), message
    for phrase in phrases:
        assert phrase in message, f"{phrase!r} is not in: {message}"
