"""Debian's browser, which tests of pages need."""

import os
import shutil

import pytest

from tests.lacking import not_installed

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None and "PIXCYCLE_REQUIRE_CHROMIUM" not in os.environ, reason=not_installed("Chromium", "chromium")
)
