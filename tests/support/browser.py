"""Chromium as packaged by Debian, for tests of pages."""

import os
import shutil

import pytest

from tests.support.lacking import not_installed

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None and "PIXCYCLE_REQUIRE_CHROMIUM" not in os.environ, reason=not_installed("Chromium", "chromium")
)
