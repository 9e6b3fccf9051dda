"""The chapter of report 004 with all of its runs, and with some."""

import numpy as np
import pytest
from PIL import Image

from pixcycle.paths import TARGET, fakes_folder
from tests.report.chapters.kaist.chapter import ALL, COMPETITORS, colour, drawn
from tests.support.results import NAMES, SIDE, Results


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """All runs; the outputs of each run and direction have one colour."""
    results = Results(tmp_path_factory.mktemp("whole"), [*ALL, *COMPETITORS])
    for id in [*ALL, *COMPETITORS]:
        for direction in TARGET:
            folder = fakes_folder(results.root / results.values().one(id).translated, direction)
            for name in NAMES:
                image = np.full((SIDE, SIDE, 3), colour(id, direction), np.uint8)
                Image.fromarray(image).save(folder / f"{name}.png")
    return drawn(results, tmp_path_factory.mktemp("out"))


@pytest.fixture(scope="session")
def part(tmp_path_factory):
    """Two of the four runs and one of report 003, on stand-in data."""
    ids = ["kth-cityscapes", "kaist-summer2winter", "kaist-cityscapes"]
    return drawn(Results(tmp_path_factory.mktemp("part"), ids, scale="rehearsal"), tmp_path_factory.mktemp("out"))
