"""What every chapter consists of."""

from collections.abc import Sequence

from pixcycle.report.content import Block, Claim, Claims, Section, Text
from pixcycle.report.verdicts import RULER

NO_FIGURES = Text("None of the runs that its figures show is part of this selection.")


def parts(
    key: str, results: Sequence[Block], figures: Sequence[Block], claims: list[Claim], *rules: str
) -> list[Section]:
    """Results, figures and claims of the chapter `key`; rules: how it judges, beyond what holds for all chapters."""
    return [
        Section(f"{key}-results", "Results", 2, list(results)),
        Section(f"{key}-figures", "Figures", 2, list(figures) or [NO_FIGURES]),
        Section(f"{key}-claims", "Claims", 2, [*map(Text, (RULER, *rules)), Claims(claims)]),
    ]
