"""Tests of Snakemake with invalid params, and in a folder with a space in its name."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pixcycle.params.load import load_params
from pixcycle.plan.make import make_plan
from tests.corpus.params import L1, edited, merged_laughs, text, with_text
from tests.workflow.conftest import FORKED, ROOT


def in_a_project(folder: Path) -> Path:
    """Make a project with the real workflow in a folder with a space in its name."""
    project = folder / "my project"
    project.mkdir()
    for name in ("Snakefile", "workflow", "profiles", "reports", "src"):
        (project / name).symlink_to(ROOT / name)
    return project


def snakemake(project: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, FORKED, os.environ["PIXCYCLE_FORKS"], "snakemake", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=60, check=False)


def refusal(project: Path, *arguments: str) -> str:
    """Return the only line with which Snakemake refuses, without the program's name."""
    ended = snakemake(project, *arguments)
    assert ended.returncode and "Traceback" not in ended.stderr, ended.stderr
    [line] = [line for line in ended.stderr.splitlines() if line.startswith("pixcycle: ")]
    return line.removeprefix("pixcycle: ")


@pytest.mark.parametrize(
    ("make", "phrase"),
    [
        (with_text("scale: full\n"), "params.yaml: not YAML: the key 'scale' twice"),
        (text(merged_laughs(40)), "params.yaml: not YAML: too much to merge"),
        (edited(f"{L1}.n_epochs", 10**18), "experiments.ucsd.facades-l1.n_epochs: must be less than"),
    ],
)
def test_snakemake_reports_invalid_params_in_one_line(tmp_path, make, phrase):
    project = in_a_project(tmp_path)
    make(project / "params.yaml")
    assert phrase in refusal(project, "-n")


def test_snakemake_quotes_commands_in_a_folder_with_a_space(tmp_path):
    project = in_a_project(tmp_path)
    (project / "params.yaml").symlink_to(ROOT / "params.yaml")
    printed = snakemake(project, "-np", "--quiet", "host", "--config", "scale=demo", "--", "ucsd-facades-l1")
    demo = make_plan(load_params(ROOT / "params.yaml").model_copy(update={"scale": "demo"}), ROOT)
    run = demo.runs["ucsd-facades-l1/0"]
    [command] = re.findall("(pixcycle job train .*)", printed.stdout + printed.stderr)
    words = shlex.split(command.partition(" 2>&1 | ")[0])
    [plan] = (project / ".snakemake/plans").iterdir()
    files = ["--plan", f".snakemake/plans/{plan.name}", "--prepared", f"data/prepared/{run.data}", "--out", run.folder]
    assert words == ["pixcycle", "job", "train", run.key, *files, "--gpus", "1"]


def test_snakemake_without_gpus_trains_on_what_the_machine_has(tmp_path):
    project = in_a_project(tmp_path)
    (project / "params.yaml").symlink_to(ROOT / "params.yaml")
    demo = ("--config", "scale=demo", "--", "ucsd-facades-l1")
    printed = snakemake(project, "-np", "--quiet", "host", "--resources", "gpu=0", *demo)
    assert re.findall("pixcycle job train .* --gpus ([0-9]+)", printed.stdout + printed.stderr) == ["1"]


def test_snakemake_started_by_dvc_refuses_linked_results_before_it_runs(tmp_path, monkeypatch):
    project = in_a_project(tmp_path)
    (project / "params.yaml").symlink_to(ROOT / "params.yaml")
    (project / "results").symlink_to(tmp_path)
    monkeypatch.setenv("DVC_STAGE", "chapter@ucsd")
    assert refusal(project, "-n").startswith("results is a link to ")


def test_snakemake_names_the_nearest_target_and_the_scales_of_one(tmp_path):
    project = in_a_project(tmp_path)
    (project / "params.yaml").symlink_to(ROOT / "params.yaml")
    assert refusal(project, "-n", "ucsd-facade-l1").endswith("did you mean 'ucsd-facades-l1'?")
    of_another_scale = refusal(project, "-n", "kth-cityscapes", "--config", "scale=demo")
    assert of_another_scale.startswith("kth-cityscapes is not part of scale demo, but of full")


@pytest.mark.parametrize("file", [".snakemake/pixcycle.lock", ".snakemake/plans"])
def test_snakemake_names_a_file_that_it_may_not_write_in_one_line(tmp_path, file):
    project = in_a_project(tmp_path)
    (project / "params.yaml").symlink_to(ROOT / "params.yaml")
    if file.endswith("lock"):
        (project / file).mkdir(parents=True)
    else:
        (project / ".snakemake").mkdir()
        (project / file).touch()
    assert refusal(project, *(("--cores", "1") if file.endswith("lock") else ("-n",))).startswith(file)
