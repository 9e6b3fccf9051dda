"""The promise that a folder is named by what made it, row by row, counted in trainings executed."""

import json
import shutil

import pytest
from PIL import Image

from tests.workflow.conftest import ALL, DVC, ENGINES, NOTHING_TO_DO, SNAKEMAKE, UCSD, WUSTL


def test_row_2_after_dvc_repro_from_nothing_snakemake_has_nothing_to_do(versioned, tmp_path):
    project = versioned.copy(tmp_path / "a project")
    assert project.trained() == ALL
    assert NOTHING_TO_DO in project.snakemake("-n")


@pytest.mark.parametrize(("engine", "other"), [(SNAKEMAKE, DVC), (DVC, SNAKEMAKE)], ids=["snakemake", "dvc"])
def test_rows_1_2_3_and_6_an_edited_lr_trains_that_experiment_in_either_engine_and_reverting_finds_the_old_one(
    project, engine, other
):
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
def test_row_4_a_fresh_clone_trains_nothing_after_dvc_pull(cloned, tmp_path, engine):
    project = cloned.copy(tmp_path / "a project")
    project.run(*engine)
    assert project.trained() == []
    assert "up to date" in project.run("dvc", "status")


def test_row_4_holds_for_a_clone_that_lacks_the_user_s_own_folders(cloned, tmp_path):
    project = cloned.copy(tmp_path / "a project")
    for name in ("tiny", "other"):
        shutil.rmtree(project.folder / "data/own" / name)
        (project.folder / f"data/own/{name}.dvc").unlink()
    project.run("dvc", "repro")  # whose stages all run, as data/own is not what it was
    assert project.trained() == []


@pytest.mark.parametrize("engine", ENGINES)
def test_row_5_a_fresh_clone_trains_exactly_what_was_edited(cloned, tmp_path, engine):
    project = cloned.copy(tmp_path / "a project")
    project.set_lr("facades-l1", 0.001)
    project.run(*engine)
    assert project.trained() == [UCSD]
    assert NOTHING_TO_DO in project.snakemake("-n")


@pytest.mark.parametrize("engine", ENGINES)
def test_row_8_a_replaced_image_trains_the_experiments_of_its_dataset(project, engine):
    Image.new("RGB", (128, 64), "navy").save(project.folder / "data/own/other/train/3.png")
    project.run(*engine)
    assert project.trained() == [WUSTL]
    assert NOTHING_TO_DO in project.snakemake("-n")


@pytest.mark.parametrize("engine", ENGINES)
def test_row_9_an_edited_text_or_colour_remakes_the_report_and_trains_nothing(project, engine):
    def rename(tree):
        tree["chapters"]["ucsd"]["title"] = "Another title altogether"
        tree["datasets"]["tiny"] |= {"title": "Renamed pairs", "domains": ["picture", "negative"]}

    project.edit(rename)
    style = project.folder / "src/pixcycle/report/templates/report.css"
    style.write_text(style.read_text() + "\nbody { color: #123456; }\n")
    project.run(*engine)
    assert project.trained() == []
    page = (project.folder / "reports/tiny/report.html").read_text()
    for text in ("Another title altogether", "Renamed pairs (A: picture, B: negative)", "#123456"):
        assert text in page
    assert NOTHING_TO_DO in project.snakemake("-n")


def test_a_run_that_was_lost_is_made_again_though_its_report_exists_and_gives_the_same_numbers(project):
    folder = project.run_folder(UCSD).parent
    [before] = folder.glob("metrics-*.json")
    numbers = json.loads(before.read_text())["metrics"]
    shutil.rmtree(folder)
    project.snakemake("ucsd")
    assert project.trained() == [UCSD]
    assert json.loads(before.read_text())["metrics"] == numbers
