"""The recipes of docs/extending.md, followed as they stand in a copy of the project, up to the report."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import tiny_images
from tests.support import ROOT
from tests.workflow.conftest import Project

BLOCK = re.compile(r"^`([^`\n]+)`\n\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def recipe(title: str) -> list[tuple[str, str, str]]:
    """(file, language, content) of each block below a heading."""
    text = (ROOT / "docs/extending.md").read_text()
    [section] = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return BLOCK.findall(section)


def merged(text: str, snippet: str) -> str:
    """Lines of YAML put below the keys that they stand below in the snippet."""
    lines, at = text.splitlines(), -1
    for line in snippet.splitlines():
        depth = len(line) - len(line.lstrip())
        if depth == 0:
            at = -1
        there = next((i for i in range(at + 1, len(lines)) if lines[i] == line and line.endswith(":")), None)
        inside = there is not None and all(
            not other.strip() or len(other) - len(other.lstrip()) >= depth for other in lines[at + 1 : there]
        )
        if there is not None and (depth == 0 or inside):
            at = there
        else:
            at += 1
            lines.insert(at, line)
    return "\n".join(lines) + "\n"


def patched(text: str, diff: str) -> str:
    """Apply a diff of one place, without the numbers of its lines."""
    lines = diff.splitlines(keepends=True)
    before, after = ("".join(line[1:] for line in lines if line[0] in kept) for kept in (" -", " +"))
    assert text.count(before) == 1
    return text.replace(before, after)


def follow(project: Project, *titles: str) -> None:
    """Do what recipes say in a project."""
    for file, language, content in (block for title in titles for block in recipe(title)):
        path = project.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        if language == "diff":
            path.write_text(patched(path.read_text(), content))
        else:
            path.write_text(merged(path.read_text(), content) if path.name == "params.yaml" else content)


def make(project: Project, target: str, *experiments: str) -> None:
    """Make one target of a project in which only these experiments are selected."""
    project.edit(lambda tree: tree["scales"]["tiny"].update(experiments=list(experiments)))
    project.snakemake(target)


@pytest.fixture
def copy(new_project, tmp_path) -> Project:
    """A copy of the project in which nothing has run."""
    return new_project.copy(tmp_path / "a project")


@pytest.fixture(scope="module")
def with_networks_and_figure(new_project, made_once) -> Project:
    """A copy of the project in which three recipes were followed, up to the report."""

    def make_report(folder: Path) -> None:
        project = new_project.copy(folder)
        follow(project, "A generator", "A discriminator", "A figure")
        make(project, "ucsd", "ucsd-facades-shallow", "ucsd-facades-patch34")

    return made_once("recipes", make_report)


def values(project: Project, target: str) -> dict:
    return json.loads((project.folder / f"reports/tiny/{target}/values.json").read_text())


def page(project: Project, target: str) -> str:
    return (project.folder / f"reports/tiny/{target}/report.html").read_text()


def parameters(project: Project, experiment: str) -> dict[str, int]:
    return json.loads((project.run_folder(f"{experiment}/0") / "run.json").read_text())["parameters"]


def test_metric_recipe_reaches_tables_sentences_and_references(copy):
    follow(copy, "A metric")
    (copy.folder / "data/bring").mkdir(parents=True)
    np.save(copy.folder / "data/bring/edges.npy", np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]))
    make(copy, "ucsd", "ucsd-facades-l1")
    measured = values(copy, "ucsd")["experiments"]["ucsd-facades-l1"]["metrics"]["edges"]["mean"]
    assert 0 < measured < 255
    shown = page(copy, "ucsd")
    assert "Edge error ↓" in shown and f"{measured:.2f}" in shown
    assert "edge error" in shown and "Theory of edge detection" in shown


def test_method_recipe_trains_and_is_in_the_tables(copy):
    follow(copy, "A method")
    make(copy, "ucsd", "ucsd-facades-l1", "ucsd-facades-regression")
    assert "ucsd-facades-regression" in values(copy, "ucsd")["experiments"]
    assert "regression learns from pairs" in page(copy, "ucsd")
    planned = json.loads(copy.run("pixcycle", "plan", "--json"))
    training = next(t for t in planned["trainings"] if t["id"] == "ucsd-facades-regression")
    assert training["flops_per_image"] > 0


def test_generator_recipe_trains_and_is_named(with_networks_and_figure):
    assert "three convolutions" in page(with_networks_and_figure, "ucsd")
    weights = 3 * 4 * 9 + 4 + 4 * 4 * 9 + 4 + 4 * 3 * 9 + 3
    assert parameters(with_networks_and_figure, "ucsd-facades-shallow")["g"] == weights


def test_discriminator_recipe_trains_two_strided_layers(with_networks_and_figure):
    assert "34 × 34 PatchGAN" in page(with_networks_and_figure, "ucsd")
    weights = 6 * 4 * 16 + 4 + 4 * 8 * 16 + 2 * 8 + 8 * 16 * 16 + 2 * 16 + 16 * 16 + 1
    assert parameters(with_networks_and_figure, "ucsd-facades-patch34")["d"] == weights


def test_figure_recipe_is_in_the_page_with_its_runs(with_networks_and_figure):
    assert "Generator losses of all experiments." in page(with_networks_and_figure, "ucsd")
    drawn = (with_networks_and_figure.folder / "reports/tiny/ucsd/figures/ucsd-generator-losses.svg").read_text()
    assert "ucsd-facades-shallow" in drawn and "ucsd-facades-patch34" in drawn


def test_layout_recipe_reads_its_images(copy):
    follow(copy, "A dataset layout")
    for split in ("train", "test"):
        folder = copy.folder / "data/own/stacked" / split
        folder.mkdir(parents=True)
        for i, image in enumerate(tiny_images(4, 4, 64)):
            Image.fromarray(np.concatenate([image, 255 - image])).save(folder / f"{i}.png")
    make(copy, "ucsd-stacked-l1", "ucsd-stacked-l1")
    [prepared] = (copy.folder / "data/prepared").glob("stacked-*")
    a, b = (np.load(prepared / f"test_{domain}.npy").astype(int) for domain in "AB")
    assert np.abs(a + b - 255).mean() < 1


def test_chapter_recipe_has_a_report_of_its_own_for_both_engines(copy):
    follow(copy, "A chapter")
    file, last = copy.folder / "dvc.yaml", "      - reports/${scale}/kaist\n"
    stages = file.read_text().replace("kth, kaist]", "kth, kaist, mine]")
    file.write_text(stages.replace(last, last + last.replace("kaist", "mine")))
    make(copy, "mine", "mine-facades-l1")
    for text in ("What I tried", "Results of my experiments", "Outputs of my experiments."):
        assert text in page(copy, "mine")
    assert (copy.folder / "reports/tiny/mine/figures/mine-samples.jpg").exists()
    copy.run("dvc", "repro", "chapter@mine")
    assert copy.trained() == ["mine-facades-l1/0"]  # by Snakemake; DVC found it


PLUGIN = '''
"""Stands for snakemake-executor-plugin-lsf: submits with `bsub`, which here runs a job before it returns."""

import subprocess
from dataclasses import asdict

from snakemake_executor_plugin_slurm import common_settings as of_slurm
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor
from snakemake_interface_executor_plugins.settings import CommonSettings

common_settings = CommonSettings(**asdict(of_slurm) | {"init_seconds_before_status_checks": 0})


class Executor(RemoteExecutor):
    def run_job(self, job):
        queue = ["-q", job.resources.lsf_queue, *job.resources.lsf_extra.split()]
        bsub = subprocess.run(["bsub", *queue, self.format_job_exec(job)], stdout=subprocess.PIPE, text=True)
        id = bsub.stdout.split("<")[1].split(">")[0]
        self.report_job_submission(SubmittedJobInfo(job, external_jobid=id, aux={"code": bsub.returncode}))

    async def check_active_jobs(self, active_jobs):
        for job in active_jobs:
            if job.aux["code"]:
                self.report_job_error(job, msg=f"LSF-job '{job.external_jobid}' failed, LSF status is: 'EXIT'. ")
            else:
                self.report_job_success(job)
        return
        yield

    def cancel_jobs(self, active_jobs):
        pass
'''
BSUB = """#!/bin/sh
[ "$1 $2 $3 $4" = "-q gpu -gpu num=1" ] || exit 9
id=$((100 + $(cat submitted 2>/dev/null | wc -l)))
echo "$5" >> submitted
echo "Job <$id> is submitted to queue <gpu>."
LSB_JOBID=$id exec sh -c "$5" > /dev/null 2>&1
"""
BJOBS = """#!/bin/sh
[ -e killed ] || { echo "7|$PWD"; echo "8|/elsewhere"; }
"""
BKILL = """#!/bin/sh
[ "$*" = 7 ] && touch killed
"""


def test_scheduler_recipe_submits_records_and_reports_jobs(copy, monkeypatch):
    monkeypatch.delenv("PIXCYCLE_FORKS")  # the server of forks would not find the plugin
    follow(copy, "A scheduler")
    for name, program in (("bsub", BSUB), ("bjobs", BJOBS), ("bkill", BKILL)):
        (copy.folder / f"bin/{name}").write_text(program)
        (copy.folder / f"bin/{name}").chmod(0o755)
    (copy.folder / "src/snakemake_executor_plugin_lsf").mkdir()
    (copy.folder / "src/snakemake_executor_plugin_lsf/__init__.py").write_text(PLUGIN)
    copy.break_training("ucsd-facades-noskip/0", "pixcycle: no luck")
    (copy.folder / ".snakemake/locks").mkdir(parents=True)
    (copy.folder / ".snakemake/locks/0.input.lock").write_text("left by a killed Snakemake\n")

    plan = json.loads(copy.run("pixcycle", "runs", "--json"))
    folders = [run["folder"] for run in plan if run["run"] in ("ucsd-facades-l1/0", "ucsd-facades-noskip/0")]
    output = copy.run("snakemake", "--profile", "profiles/lsf", "--retries", "0", *folders, fails=True)
    assert "cancelled 1 LSF job(s)" in output and (copy.folder / "killed").exists()
    assert re.search(r"failed: train ucsd-facades-noskip/0: pixcycle: no luck \(.*, LSF job \d+: EXIT\)", output)
    [attempt] = json.loads((copy.run_folder("ucsd-facades-l1/0") / "run.json").read_text())["attempts"]
    assert attempt["scheduler"] == "LSF" and attempt["job"] in ("101", "102")
