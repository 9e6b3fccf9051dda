"""A chapter in both readings: blocks made from runs as coded follow those made from runs as written."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from pixcycle.params.schema import CODED
from pixcycle.report.content import Block, Claim, Claims, Figure, Section, Table, blocks_of

if TYPE_CHECKING:
    from pixcycle.report.draft import Draft

AS_CODED, AS_WRITTEN = "As coded:", "As written:"
"""Begin captions of a reading, where there is the other one as well."""

B = TypeVar("B", Table, Figure, Claim)


def is_as_coded(key: str) -> bool:
    """Return whether a run's key is that of an experiment as coded."""
    return key.partition("/")[0].endswith(CODED)


def in_both_readings(sections: Callable[["Draft"], list[Section]], draft: "Draft", chapter: str) -> list[Section]:
    """Return a chapter's sections, made once for each reading that was run.

    Parameters
    ----------
    sections
        Makes the sections of one reading.
    """
    ids = [id for id, (run, *_) in draft.runs.items() if run.chapter == chapter]
    if not any(map(is_as_coded, ids)):
        return sections(draft)
    view = draft.as_coded()
    if all(map(is_as_coded, ids)):
        view.runs = {id: seeds for id, seeds in view.runs.items() if not id.endswith(CODED)}
        merged = [replace(section, blocks=[*map(_all_renamed, section.blocks)]) for section in sections(view)]
        return _all_relinked(merged)
    coded = sections(view)
    written = sections(draft)
    of_code = {section.id: section.blocks for section in coded}
    merged = [
        replace(section, blocks=list(_merged(section.blocks, of_code.get(section.id, [])))) for section in written
    ]
    return _all_relinked(merged)


def _merged(written: list[Block], coded: list[Block]) -> Iterator[Block]:
    """Yield the blocks of a section, each followed by its counterpart as coded, and those that have none last."""
    left = {_id(block): block for block in coded if isinstance(block, Table | Figure)}
    claims = {claim.id: claim for block in coded if isinstance(block, Claims) for claim in block.claims}
    for block in written:
        if isinstance(block, Claims):
            yield Claims([c for claim in block.claims for c in _readings(claim, claims.get(claim.id))])
        elif isinstance(block, Table | Figure):
            yield from _readings(block, left.pop(_id(block), None))
        else:
            yield block
    for block in left.values():
        if any(map(is_as_coded, block.made_from)):
            yield _renamed(block)


def _readings(written: B, coded: B | None) -> list[B]:
    """Return a block and, if that rests on a run as coded that the first does not rest on, its counterpart as coded."""
    if coded and any(is_as_coded(key) for key in {*coded.made_from} - {*written.made_from}):
        return [_begun(written, AS_WRITTEN), _renamed(coded)]
    return [written]


def _renamed(block: B) -> B:
    """Return a block of the reading `coded` with an id of its own, which figures have from the start."""
    if isinstance(block, Figure):
        return block
    return _begun(replace(block, id=f"{block.id}-coded"), AS_CODED)


def _all_renamed(block: Block) -> Block:
    """Return a block of a report that has no other reading."""
    if isinstance(block, Claims):
        return Claims([_renamed(claim) for claim in block.claims])
    return _renamed(block) if isinstance(block, Table | Figure) else block


def _begun(block: B, reading: str) -> B:
    """Return a block whose caption begins with the name of its reading; the name of a claim says it (crossrefs.py)."""
    if isinstance(block, Claim):
        return block
    return replace(block, caption=f"{reading} {block.caption}")


def _all_relinked(sections: list[Section]) -> list[Section]:
    ids = {block.id for block in blocks_of(sections, Table, Figure)}
    return [replace(section, blocks=[_relinked(block, ids) for block in section.blocks]) for section in sections]


def _relinked(block: Block, ids: set[str]) -> Block:
    """Return a block of claims whose links to renamed tables follow these."""
    if not isinstance(block, Claims):
        return block
    links = {claim.id: [id if id in ids else f"{id}-coded" for id in claim.shown_in] for claim in block.claims}
    return Claims([replace(claim, shown_in=links[claim.id]) for claim in block.claims])


def _id(block: Table | Figure) -> str:
    return block.id.removesuffix("-coded")
