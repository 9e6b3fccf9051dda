"""A study's server whose pairs are shown for 20 ms of a clock that stands still."""

import pytest

from pixcycle.study import storage
from pixcycle.study.server import app
from tests.study.server.browsing import CLOCK


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A pair is shown for 20 ms of CLOCK."""
    monkeypatch.setattr(storage, "time", CLOCK)
    monkeypatch.setattr(storage, "SHOWN_MS", 20)
    monkeypatch.setattr(storage, "EARLY", 0)


@pytest.fixture
def web(study, pairs):
    return app({study: pairs})
