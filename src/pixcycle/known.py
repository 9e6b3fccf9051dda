"""Names that users give: those that there are, or the nearest ones to them."""

import difflib
from collections.abc import Iterable

from pixcycle.errors import UserError


def known(name: str, names: Iterable[str], what: str) -> str:
    """`name`, or a UserError that lists what would be right."""
    names = list(names)
    if name in names:
        return name
    raise UserError(f"unknown {what} '{name}'; {nearest(name, names)}")


def nearest(name: str, names: list[str]) -> str:
    """What to say of a name that is none of these."""
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean '{close[0]}'?" if close else f"known: {', '.join(names)}"
