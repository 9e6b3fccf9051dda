"""Fixtures for a study in which real images are light and generated images are dark."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixcycle.paths import fakes_folder
from pixcycle.records.manifest import Manifest
from pixcycle.study.pairs import Pairs
from pixcycle.study.storage import Study
from tests.conftest import tiny_experiment, tiny_run

N = 60
RUN = tiny_run(tiny_experiment())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Create a project with a finished run on 60 test images, in direction b_to_a."""
    prepared = tmp_path / "data/prepared" / RUN.data
    prepared.mkdir(parents=True)
    names = [f"test/{i}" for i in range(N)]
    splits = {"test": {domain: {"n": N, "names": names} for domain in "AB"}}
    Manifest(dataset="tiny", paired=True, splits=splits).write(prepared / "manifest.json")
    light = np.full((N, 16, 16, 3), 200, np.uint8) + np.arange(N, dtype=np.uint8)[:, None, None, None] % 50
    np.save(prepared / "test_A.npy", light)
    for i, name in enumerate(names):
        file = fakes_folder(tmp_path / RUN.translated, "b_to_a") / f"{name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((16, 16, 3), i, np.uint8)).save(file)
    return tmp_path


@pytest.fixture
def pairs(root: Path) -> Pairs:
    return Pairs(RUN, "b_to_a", root, "full")


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study(tmp_path / "study.sqlite", N)
