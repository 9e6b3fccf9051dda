"""The chapter of report 004 built from invented runs and studies, and what it was drawn from."""

import sqlite3
from types import SimpleNamespace

import numpy as np
import pytest

from pixcycle.report.chapters.kaist import sections as kaist
from pixcycle.report.content import Figure, Table, Text, blocks_of, claims_of
from pixcycle.report.drawing import architecture as boxes
from pixcycle.study.files import study_file
from pixcycle.study.protocol import DEFAULT
from pixcycle.study.storage import Study
from tests.support.results import NAMES, Results

ALL = ["kaist-maps", "kaist-horse2zebra", "kaist-summer2winter", "kaist-cityscapes"]
COMPETITORS = ["kaist-maps-cogan", "kaist-maps-bigan", "kaist-maps-simgan", "kaist-maps-feature-loss"]


def drawn(results: Results, out) -> SimpleNamespace:
    """Build the chapter; also record the arguments of its image grids and architecture drawings."""
    grids, networks = [], []
    grid, architecture = kaist.grids.image_grid, boxes.architecture
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kaist.grids, "image_grid", lambda *a, **k: grids.append((*a, k["groups"])) or grid(*a, **k))
        patch.setattr(boxes, "architecture", lambda *a: networks.append(a) or architecture(*a))
        sections = kaist.sections(results.draft(out=out))
    figures = {block.id: block for block in blocks_of(sections, Figure)}
    tables = {block.id: [[cell.text for cell in row] for row in block.rows] for block in blocks_of(sections, Table)}
    return SimpleNamespace(
        results=results,
        out=out,
        sections=sections,
        figures=figures,
        tables=tables,
        grids=dict(zip((id for id in figures if "architecture" not in id), grids, strict=True)),
        networks=networks,
        texts=[block.text for block in sections[0].blocks if isinstance(block, Text)],
        claims=claims_of(sections),
    )


def colour(id, direction):
    return 20 * [*ALL, *COMPETITORS].index(id) + 10 * (direction == "b_to_a")


def answered(results, id, every, participants=4, protocol=DEFAULT):
    """Hold a study of a run's map to photo, in which every `every`-th generated image passes for real; 0: none."""
    file = study_file(results.values().one(id), "b_to_a", results.root)
    study = Study(file, len(NAMES), protocol=protocol)
    for _ in range(participants):
        participant = study.begin()
        while turn := study.turn(participant):
            study.show(participant, turn.token)
            with sqlite3.connect(file) as db:
                db.execute("UPDATE trials SET shown = shown - 1 WHERE token = ?", (turn.token,))
            fooled = turn.trial.kind == "test" and every and turn.number % every == 0
            other = "right" if turn.trial.real == "left" else "left"
            study.answer(participant, turn.token, other if fooled else turn.trial.real, 1000.0)


def real(chapter, id, domain):
    return np.load(
        chapter.results.root / "data/prepared" / chapter.results.values().one(id).data / f"test_{domain}.npy"
    )
