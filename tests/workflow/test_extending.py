"""The recipes of docs/extending.md, followed as they stand in a copy of the project, up to the report."""

import json
import re

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


@pytest.fixture
def follow(new_project, tmp_path):
    """Do what a recipe says in a copy of the project in which nothing has run; then make one target's report."""

    def follow(title: str, target: str, experiments: list[str], prepare=lambda project: None) -> Project:
        project = new_project.copy(tmp_path / "a project")
        for file, language, content in recipe(title):
            path = project.folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(merged(path.read_text(), content) if language == "yaml" else content)
        prepare(project)
        project.edit(lambda tree: tree["scales"]["tiny"].update(experiments=experiments))
        project.snakemake(target)
        return project

    return follow


def values(project: Project, target: str) -> dict:
    return json.loads((project.folder / f"reports/tiny/{target}/values.json").read_text())


def page(project: Project, target: str) -> str:
    return (project.folder / f"reports/tiny/{target}/report.html").read_text()


def test_metric_recipe_reaches_tables_sentences_references_and_dvc(follow):
    def bring_weights(project: Project) -> None:
        (project.folder / "data/bring").mkdir(parents=True)
        with (project.folder / "data/bring/edges.npy").open("wb") as file:
            np.save(file, np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]))

    project = follow("A metric", "ucsd", ["ucsd-facades-l1"], bring_weights)
    measured = values(project, "ucsd")["experiments"]["ucsd-facades-l1"]["metrics"]["edges"]["mean"]
    assert 0 < measured < 255
    shown = page(project, "ucsd")
    assert "Edge error ↓" in shown and f"{measured:.2f}" in shown
    assert "edge error" in shown and "Theory of edge detection" in shown


def test_method_recipe_trains_and_is_in_the_tables(follow):
    project = follow("A method", "ucsd", ["ucsd-facades-l1", "ucsd-facades-regression"])
    assert "ucsd-facades-regression" in values(project, "ucsd")["experiments"]
    shown = page(project, "ucsd")
    assert "regression learns from pairs, without a discriminator" in shown
    planned = json.loads(project.run("pixcycle", "plan", "--json"))
    training = next(t for t in planned["trainings"] if t["id"] == "ucsd-facades-regression")
    assert training["flops_per_image"] > 0


def test_generator_recipe_trains_and_is_named(follow):
    project = follow("A generator", "ucsd", ["ucsd-facades-shallow"])
    assert "three convolutions" in page(project, "ucsd")
    [record] = (project.folder / "results/tiny/ucsd/facades-shallow").glob("0-????????/run.json")
    assert json.loads(record.read_text())["parameters"]["g"] == 3 * 4 * 9 + 4 + 4 * 4 * 9 + 4 + 4 * 3 * 9 + 3


def test_layout_recipe_reads_its_images(follow):
    def stack_images(project: Project) -> None:
        for split, n in (("train", 4), ("test", 4)):
            folder = project.folder / "data/own/stacked" / split
            folder.mkdir(parents=True)
            for i, image in enumerate(tiny_images(n, n, 64)):
                Image.fromarray(np.concatenate([image, 255 - image])).save(folder / f"{i}.png")

    project = follow("A dataset layout", "ucsd-stacked-l1", ["ucsd-stacked-l1"], stack_images)
    [prepared] = (project.folder / "data/prepared").glob("stacked-*")
    a, b = (np.load(prepared / f"test_{domain}.npy").astype(int) for domain in "AB")
    assert np.abs(a + b - 255).mean() < 1


def test_chapter_recipe_has_a_report_of_its_own_for_both_engines(follow):
    def add_to_dvc(project: Project) -> None:
        file, last = project.folder / "dvc.yaml", "      - reports/${scale}/kaist\n"
        text = file.read_text().replace("kth, kaist]", "kth, kaist, mine]")
        file.write_text(text.replace(last, last + last.replace("kaist", "mine")))

    project = follow("A chapter", "mine", ["mine-facades-l1"], add_to_dvc)
    for text in ("What I tried", "Results of my experiments", "Outputs of my experiments."):
        assert text in page(project, "mine")
    assert (project.folder / "reports/tiny/mine/figures/mine-samples.jpg").exists()
    project.run("dvc", "repro", "chapter@mine")
    assert project.trained() == ["mine-facades-l1/0"]  # by Snakemake; DVC found it
