"""Rows 1, 2, 3, 6 and 9 of the promise that a folder is named by what made it, counted in trainings executed."""

import json

import pytest

NOTHING_TO_DO = "Nothing to be done"

pytestmark = pytest.mark.xdist_group("whole runs")

ENGINES = [
    pytest.param(("snakemake", "--cores", "2"), id="snakemake"),
    pytest.param(("dvc", "repro"), id="dvc"),
]


def test_row_1_after_snakemake_dvc_repro_trains_nothing_and_is_clean(project):
    project.run("dvc", "repro")
    assert project.trained() == []
    assert "up to date" in project.run("dvc", "status")


def test_row_2_after_dvc_repro_snakemake_has_nothing_to_do(new_project, tmp_path):
    project = new_project.copy(tmp_path / "a project")
    project.run("dvc", "repro")
    assert len(project.trained()) == 3
    assert NOTHING_TO_DO in project.snakemake("-n")


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_3_and_6_an_edited_lr_trains_that_experiment_and_reverting_finds_the_old_one(project, engine):
    before = (project.folder / "params.yaml").read_text()
    values = (project.folder / "reports/tiny/values.json").read_text()

    project.set_lr("facades-l1", 0.001)
    project.run(*engine)
    assert project.trained() == ["ucsd-facades-l1/0"]
    assert (project.folder / "reports/tiny/values.json").read_text() != values

    (project.folder / "params.yaml").write_text(before)
    project.run(*engine)
    assert project.trained() == []
    assert (project.folder / "reports/tiny/values.json").read_text() == values
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


def test_a_node_that_was_lost_is_made_again_by_a_target_whose_report_exists(project):
    project.snakemake("ucsd-facades")
    assert project.trained() == []
    folder = next((project.folder / "results/tiny/ucsd/facades-noskip").glob("0-*"))
    project.run("rm", "-r", str(folder))
    project.snakemake("ucsd-facades")
    assert project.trained() == ["ucsd-facades-noskip/0"]


def test_a_deleted_run_is_trained_again_and_gives_the_same_numbers(project):
    values = json.loads((project.folder / "reports/tiny/values.json").read_text())
    folder = next((project.folder / "results/tiny/ucsd/facades-l1").glob("0-*"))
    project.run("rm", "-r", *(str(path) for path in folder.parent.iterdir()))
    project.snakemake()
    assert project.trained() == ["ucsd-facades-l1/0"]
    again = json.loads((project.folder / "reports/tiny/values.json").read_text())
    for id, experiment in values["experiments"].items():
        assert again["experiments"][id]["metrics"] == experiment["metrics"]
