"""Count the trainings that Snakemake and DVC start after edits: folders are named by their inputs."""

import json
import shutil

import pytest
from PIL import Image

from tests.workflow.conftest import ALL, DVC, ENGINES, NOTHING_TO_DO, SNAKEMAKE, UCSD, WUSTL


def test_snakemake_has_nothing_to_do_after_dvc_repro(versioned, tmp_path):
    project = versioned.copy(tmp_path / "a project")
    assert project.trained() == ALL
    assert NOTHING_TO_DO in project.snakemake("-n")


@pytest.mark.parametrize(("engine", "other"), [(SNAKEMAKE, DVC), (DVC, SNAKEMAKE)], ids=["snakemake", "dvc"])
def test_edited_lr_trains_one_run_in_either_engine_and_reverting_none(project, engine, other):
    before = (project.folder / "params.yaml").read_text()
    values = (project.folder / "reports/tiny/values.json").read_text()

    project.set_lr("facades-l1", 0.001)
    project.run(*engine)
    assert project.trained() == [UCSD]
    assert (project.folder / "reports/tiny/values.json").read_text() != values
    project.run(*other)
    assert project.trained() == []
    assert "up to date" in project.run("dvc", "status")
    assert NOTHING_TO_DO in project.snakemake("-n")

    (project.folder / "params.yaml").write_text(before)
    project.run(*engine)
    assert project.trained() == []
    assert (project.folder / "reports/tiny/values.json").read_text() == values
    assert NOTHING_TO_DO in project.snakemake("-n")


@pytest.mark.parametrize("engine", ENGINES)
def test_fresh_clone_trains_nothing_after_dvc_pull(cloned, tmp_path, engine):
    project = cloned.copy(tmp_path / "a project")
    project.run(*engine)
    assert project.trained() == []
    assert "up to date" in project.run("dvc", "status")


def test_clone_without_user_data_trains_nothing_with_dvc_repro(cloned, tmp_path):
    project = cloned.copy(tmp_path / "a project")
    for name in ("tiny", "other"):
        shutil.rmtree(project.folder / "data/own" / name)
        (project.folder / f"data/own/{name}.dvc").unlink()
    project.run("dvc", "repro")  # runs all stages, as data/own has changed
    assert project.trained() == []


@pytest.mark.parametrize("engine", ENGINES)
def test_fresh_clone_trains_only_the_edited_experiment(cloned, tmp_path, engine):
    project = cloned.copy(tmp_path / "a project")
    project.set_lr("facades-l1", 0.001)
    project.run(*engine)
    assert project.trained() == [UCSD]
    assert NOTHING_TO_DO in project.snakemake("-n")


@pytest.mark.parametrize("engine", ENGINES)
def test_replaced_image_trains_the_experiments_of_its_dataset(project, engine):
    Image.new("RGB", (128, 64), "navy").save(project.folder / "data/own/other/train/3.png")
    project.run(*engine)
    assert project.trained() == [WUSTL]
    assert NOTHING_TO_DO in project.snakemake("-n")


@pytest.mark.parametrize("engine", ENGINES)
def test_edited_title_or_style_remakes_only_the_report(project, engine):
    def rename(tree):
        tree["chapters"]["ucsd"]["title"] = "Another title altogether"
        tree["datasets"]["tiny"] |= {"title": "Renamed pairs", "domains": ["picture", "negative"]}

    project.edit(rename)
    style = project.folder / "src/pixcycle/report/rendering/templates/report.css"
    style.write_text(style.read_text() + "\nbody { color: #123456; }\n")
    project.run(*engine)
    assert project.trained() == []
    page = (project.folder / "reports/tiny/report.html").read_text()
    for text in ("Another title altogether", "Renamed pairs (A: picture, B: negative)", "#123456"):
        assert text in page
    assert NOTHING_TO_DO in project.snakemake("-n")


def test_snakemake_remakes_a_lost_run_with_the_same_numbers(project):
    folder = project.run_folder(UCSD).parent
    [before] = folder.glob("metrics-*.json")
    numbers = json.loads(before.read_text())["metrics"]
    shutil.rmtree(folder)
    project.snakemake("ucsd")
    assert project.trained() == [UCSD]
    assert json.loads(before.read_text())["metrics"] == numbers
