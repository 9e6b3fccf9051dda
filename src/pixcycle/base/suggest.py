"""Check names that users type, and suggest the nearest known name."""

import difflib
from collections.abc import Iterable

from pixcycle.base.errors import UserError


def known(name: str, names: Iterable[str], what: str) -> str:
    """Return `name` if it is among `names`; otherwise raise UserError with a suggestion."""
    names = list(names)
    if name in names:
        return name
    raise UserError(f"unknown {what} '{name}'; {nearest(name, names)}")


def nearest(name: str, names: list[str]) -> str:
    """Return advice for an unknown name: the nearest known one, or all of them."""
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean '{close[0]}'?" if close else f"known: {', '.join(names)}"
