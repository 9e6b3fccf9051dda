"""Tests of `make` in a project folder that was moved or copied after its installation."""

import shutil
import subprocess
import venv

import pytest

from tests.support import ROOT

SCRIPT = """\
import sys
print("prefix", sys.prefix)
"""
PIP = "import sys; print('pip', *sys.argv[1:])"


@pytest.fixture
def installed(tmp_path):
    """A project with an environment in which `snakemake` prints its environment, and pip its arguments."""
    project = tmp_path / "first place"
    (project / "workflow").mkdir(parents=True)
    for name in ("requirements.lock", "pyproject.toml", "Makefile", "workflow/install.py", "workflow/moved.py"):
        shutil.copy(ROOT / name, project / name)
    venv.create(project / ".venv", symlinks=True, with_pip=False)
    [packages] = (project / ".venv/lib").glob("python3*/site-packages")
    (packages / "pip").mkdir()
    (packages / "pip/__main__.py").write_text(PIP)
    program = project / ".venv/bin/snakemake"
    program.write_text(f"#!/bin/sh\n'''exec' \"{project}/.venv/bin/python\" \"$0\" \"$@\"\n' '''\n{SCRIPT}")
    program.chmod(0o755)
    (project / ".venv/installed").touch()
    return project


def make(project, target="demo"):
    done = subprocess.run(["make", target], cwd=project, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_make_corrects_the_paths_of_a_moved_environment_once(installed, tmp_path):
    project = installed.rename(tmp_path / "second place")
    output = make(project)
    assert f"prefix {project}/.venv" in output and "correcting the paths" in output
    assert "pip install --quiet --no-deps --no-build-isolation --editable ." in output
    assert "correcting" not in make(project)
    activated = ["bash", "-c", 'source .venv/bin/activate && echo "$VIRTUAL_ENV"']
    assert subprocess.check_output(activated, cwd=project, text=True).strip() == f"{project}/.venv"


def test_make_in_a_copied_project_does_not_use_the_original(installed, tmp_path):
    project = shutil.copytree(installed, tmp_path / "copy", symlinks=True)
    assert f"prefix {project}/.venv" in make(project)
    assert f"prefix {installed}/.venv" in make(installed)


def test_make_moves_programs_from_and_to_any_folder_name(installed, tmp_path):
    program = installed / ".venv/bin/snakemake"
    program.write_text(f"#!{installed}/.venv/bin/python\n{SCRIPT}")
    for name in ("a b", "plain", "x" * 130, "plain"):
        installed = installed.rename(tmp_path / name)
        assert f"prefix {installed}/.venv" in make(installed)


def test_make_says_how_to_go_on_if_the_environment_cannot_be_corrected(installed, tmp_path):
    project = installed.rename(tmp_path / "second place")
    [pip] = project.glob(".venv/lib/python3*/site-packages/pip/__main__.py")
    pip.write_text("raise SystemExit(1)")
    done = subprocess.run(["make", "demo"], cwd=project, capture_output=True, text=True, timeout=60)
    assert done.returncode and "remove .venv and run make again" in done.stderr
