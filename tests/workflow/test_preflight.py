"""Tests of the checks that `make demo` runs before it installs anything."""

import collections
import importlib.util
import runpy
import shutil
import subprocess
import sys

import pytest

from tests.support import ROOT


def answer(capsys):
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(ROOT / "workflow/preflight.py"))
    return stop.value.code, capsys.readouterr().err


def test_preflight_prints_nothing_if_nothing_is_missing(capsys, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: collections.namedtuple("Usage", "free")(100e9))
    assert answer(capsys) == (0, "")


def test_preflight_names_an_old_python_and_the_required_version(capsys, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    code, message = answer(capsys)
    assert code == 2 and "Python 3.11 or newer (this is 3.9)" in message


def test_preflight_names_a_missing_venv_module_and_its_package(capsys, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    code, message = answer(capsys)
    assert code == 2 and "'venv'" in message and "apt install python3-venv" in message


def test_preflight_names_required_and_available_disk_space(capsys, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: collections.namedtuple("Usage", "free")(2.25e9))
    code, message = answer(capsys)
    assert code == 2 and "9 GB" in message and "2.2 GB" in message


def test_make_without_a_usable_python_fails_and_leaves_nothing_behind(tmp_path):
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    done = subprocess.run(["make", "demo", "PYTHON="], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert "pixcycle needs Python 3.11 or newer" in done.stderr
    assert not (tmp_path / ".venv").exists()
