"""The sections that every chapter has: results, figures and claims."""

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
    """Return the results, figures and claims of a chapter as sections.

    Parameters
    ----------
    key
        Key of the chapter.
    shown_in
        Id of a claim -> ids of the tables and figures with its evidence; `ucsd-table-1` also stands for
        `ucsd-table-1-facades`.
    rules
        Sentences on how the chapter judges claims, shown after the rule that all chapters share.
    """
    blocks = [block for block in (*results, *figures) if isinstance(block, Table | Figure)]
    linked = [replace(claim, shown_in=_showing(claim, blocks, shown_in.get(claim.id, ()))) for claim in claims]
    return [
        Section(f"{key}-results", "Results", 2, list(results)),
        Section(f"{key}-figures", "Figures", 2, list(figures) or [NO_FIGURES]),
        Section(f"{key}-claims", "Claims", 2, [*map(Text, (RULER, *rules)), Claims(linked)]),
    ]


def _showing(claim: Claim, blocks: list[Table | Figure], ids: tuple[str, ...]) -> list[str]:
    """Return the ids of the blocks that show a claim's evidence.

    These are the blocks whose id is, or begins with, one of `ids`, unless they show only runs that the claim does not
    rest on.
    """
    named = [block for block in blocks if f"{block.id}-".startswith(tuple(f"{id}-" for id in ids))]
    return [block.id for block in named if not block.made_from or {*block.made_from} & {*claim.made_from}]
