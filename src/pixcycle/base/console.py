"""A console that prints text literally."""

import re
from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""Characters that may occur in names but must not be printed: control codes that terminals obey, marks that change the
writing direction, and code points that SVG, PDF or UTF-8 cannot represent."""


def escaped(text: str) -> str:
    """Return the text with its invisible characters escaped."""
    return _UNSEEN.sub(lambda code: code[0].encode("unicode_escape").decode(), text)


class PlainConsole(Console):
    """Print text without interpreting markup, and escape the control codes in it that a terminal would obey."""

    def __init__(self, width: int | None):
        super().__init__(width=width, highlight=False, markup=False, emoji=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=escaped(segment.text))
