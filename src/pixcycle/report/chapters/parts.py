"""What every chapter consists of."""

from collections.abc import Sequence
from dataclasses import replace

from pixcycle.report.content import Block, Claim, Claims, Figure, Section, Table, Text
from pixcycle.report.verdicts import RULER

NO_FIGURES = Text("None of the runs that its figures show is part of this selection.")


def parts(
    key: str,
    results: Sequence[Block],
    figures: Sequence[Block],
    claims: list[Claim],
    shown_in: dict[str, tuple[str, ...]],
    *rules: str,
) -> list[Section]:
    """Results, figures and claims of the chapter `key`.

    shown_in: id of a claim -> tables and figures with its evidence; `ucsd-table-1` is also `ucsd-table-1-facades`.
    rules: how the chapter judges, beyond what holds for all chapters.
    """
    shown = [block for block in (*results, *figures) if isinstance(block, Table | Figure)]
    told = [replace(claim, shown_in=_showing(claim, shown, shown_in.get(claim.id, ()))) for claim in claims]
    return [
        Section(f"{key}-results", "Results", 2, list(results)),
        Section(f"{key}-figures", "Figures", 2, list(figures) or [NO_FIGURES]),
        Section(f"{key}-claims", "Claims", 2, [*map(Text, (RULER, *rules)), Claims(told)]),
    ]


def _showing(claim: Claim, shown: list[Table | Figure], ids: tuple[str, ...]) -> list[str]:
    """Of these ids those that the chapter has, and that are made from a run of the claim or from none."""
    named = [block for block in shown if f"{block.id}-".startswith(tuple(f"{id}-" for id in ids))]
    return [block.id for block in named if not block.made_from or {*block.made_from} & {*claim.made_from}]
