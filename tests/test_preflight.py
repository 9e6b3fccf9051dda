"""What `make demo` says on a machine that lacks something, before it installs anything."""

import collections
import importlib.util
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def answer(capsys):
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(ROOT / "workflow/preflight.py"))
    return stop.value.code, capsys.readouterr().err


def test_a_machine_that_has_everything_is_told_nothing(capsys, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: collections.namedtuple("Usage", "free")(100e9))
    assert answer(capsys) == (0, "")


def test_an_old_python_is_named_with_the_version_that_is_needed(capsys, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    code, told = answer(capsys)
    assert code == 2 and "Python 3.11 or newer (this is 3.9)" in told


def test_a_missing_venv_module_is_named_with_the_package_that_brings_it(capsys, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    code, told = answer(capsys)
    assert code == 2 and "module 'venv' (on Debian and Ubuntu: apt install python3-venv)" in told


def test_a_full_disk_is_named_with_what_is_needed_and_what_is_left(capsys, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: collections.namedtuple("Usage", "free")(2.25e9))
    code, told = answer(capsys)
    assert code == 2 and "9 GB free space are needed here, 2.2 GB are left" in told


def test_make_without_a_usable_python_says_so_and_leaves_nothing_behind(tmp_path):
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    made = subprocess.run(["make", "demo", "PYTHON="], cwd=tmp_path, capture_output=True, text=True)
    assert made.returncode == 2
    assert "pixcycle needs Python 3.11 or newer" in made.stderr
    assert not (tmp_path / ".venv").exists()
