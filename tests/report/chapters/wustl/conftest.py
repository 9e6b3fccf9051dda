"""A fixture for tests of the chapter of report 001."""

import pytest

from pixcycle.report.drawing import style


@pytest.fixture
def unsaved(monkeypatch):
    """Skip writing figures, which takes longest."""
    monkeypatch.setattr(style, "save", lambda picture, path: None)
