"""Check names that users type, and suggest the nearest known name."""

import difflib
from collections.abc import Iterable

from pixcycle.base.errors import UserError

MOST_IN_A_LINE = 20
"""Largest number of names that an error lists."""


def known(name: str, names: Iterable[str], what: str) -> str:
    """Return `name` if it is among `names`; otherwise raise UserError with a suggestion."""
    names = list(names)
    if name in names:
        return name
    raise UserError(f"unknown {what} '{name}'; {nearest(name, names)}")


def nearest(name: str, names: list[str], listed: str = "in params.yaml") -> str:
    """Return advice for an unknown name: the one that it probably means, or else `all_or_nearest`."""
    if close := difflib.get_close_matches(name, names, n=1):
        return f"did you mean '{close[0]}'?"
    return all_or_nearest(name, names, listed)


def all_or_nearest(name: str, names: list[str], listed: str = "in params.yaml") -> str:
    """Return a phrase that lists all names, or of many the three nearest to `name`.

    Parameters
    ----------
    listed
        Where a reader finds all names, if there are too many for a line.
    """
    if len(names) <= MOST_IN_A_LINE:
        return f"known: {', '.join(names)}"
    three = difflib.get_close_matches(name, names, n=3, cutoff=0)
    return f"the nearest of {len(names)} are {', '.join(three)}; all are {listed}"
