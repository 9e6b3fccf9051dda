"""Tests of DVC: experiments, metrics, params and plots, and a clone with a part of the data."""

import csv
import json
import re
from pathlib import Path

import pytest
import yaml

from tests.workflow.conftest import ALL, NOTHING_TO_DO, UCSD, Project

LR = "experiments.ucsd.facades-l1.lr"
COMPARED = "reports/tiny/metrics/ucsd/facades-l1.json"


def table(markdown: str) -> list[dict[str, str]]:
    """Return the rows of a table printed by DVC as column title -> cell."""
    cells = [[cell.strip() for cell in line[1:-1].split("|")] for line in markdown.splitlines() if line[:1] == "|"]
    head, _, *rows = cells
    return [dict(zip(head, row, strict=True)) for row in rows]


def metrics_of(project: Project, run: str) -> dict:
    """Return the metrics of a run in its scored direction, from its metrics file."""
    [file] = project.run_folder(run).parent.glob("metrics-0-*.json")
    return json.loads(file.read_text())["metrics"]["b_to_a"]


@pytest.fixture(scope="session")
def after_exp_run(versioned, made_once) -> Project:
    def make(folder: Path) -> None:
        project = versioned.copy(folder)
        project.trained()
        project.run("git", "config", "user.name", "t")
        project.run("git", "config", "user.email", "t@t")
        project.run("dvc", "exp", "run", "--name", "slower", "--set-param", f"{LR}=0.0001")

    return made_once("experiment", make)


@pytest.fixture
def experiment(after_exp_run, tmp_path) -> Project:
    """The versioned project after `dvc exp run` with another learning rate."""
    return after_exp_run.copy(tmp_path / "a project")


def test_exp_run_trains_only_the_changed_experiment(experiment):
    assert experiment.trained() == [UCSD]
    assert "up to date" in experiment.run("dvc", "status")
    assert NOTHING_TO_DO in experiment.snakemake("-n")


def test_exp_run_changes_one_setting_and_keeps_all_comments(experiment, versioned):
    before, after = ((p.folder / "params.yaml").read_text() for p in (versioned, experiment))
    expected = yaml.safe_load(before)
    expected["experiments"]["ucsd"]["facades-l1"]["lr"] = 0.0001
    assert yaml.safe_load(after) == expected
    comments = re.findall(r"(?:^|\s)(# .*)$", before, flags=re.MULTILINE)
    assert len(comments) > 9
    assert [comment for comment in comments if comment not in after] == []


def test_params_diff_shows_only_the_changed_setting(experiment):
    assert table(experiment.run("dvc", "params", "diff", "--md")) == [
        {"Path": "params.yaml", "Param": LR, "HEAD": "0.0002", "workspace": "0.0001"}
    ]


def test_metrics_show_has_a_row_per_experiment_and_few_columns(versioned, tmp_path):
    project = versioned.copy(tmp_path / "a project")
    shown = {row.pop("Path"): row for row in table(project.run("dvc", "metrics", "show", "--md", "--precision", "9"))}
    assert list(shown) == [f"reports/tiny/metrics/{run.removesuffix('/0').replace('-', '/', 1)}.json" for run in ALL]
    for run, row in zip(ALL, shown.values(), strict=True):
        assert list(row) == ["extractor", "fid", "k", "kid", "l1", "n", "precision", "recall"]
        measured = metrics_of(project, run)
        assert (row.pop("extractor"), row.pop("k")) == ("efficientnet-lite0", "3")
        assert int(row.pop("n")) == measured["n_fake"]
        for name, text in row.items():
            assert float(text) == pytest.approx(measured[name], rel=1e-6)


def test_metrics_diff_shows_only_the_changed_experiment(experiment, versioned):
    rows = table(experiment.run("dvc", "metrics", "diff", "--md"))
    assert {row["Path"] for row in rows} == {COMPARED}
    fid = next(row for row in rows if row["Metric"] == "fid")
    old = metrics_of(versioned, UCSD)["fid"]
    new = json.loads((experiment.folder / COMPARED).read_text())["fid"]
    assert old != new
    assert [float(fid[column]) for column in ("HEAD", "workspace", "Change")] == pytest.approx(
        [old, new, new - old], abs=1e-5
    )


def test_exp_show_and_exp_diff_show_the_setting_and_its_effects(experiment):
    master, slower = table(experiment.run("dvc", "exp", "show", "--only-changed", "--md"))[1:]
    assert "slower" in slower["Experiment"]
    assert (master[LR], slower[LR]) == ("0.0002", "0.0001")
    changed = {column for column in master if ".json:" in column}
    assert f"{COMPARED}:fid" in changed
    assert all(column.startswith(COMPARED) for column in changed)
    compared = experiment.run("dvc", "exp", "diff", "HEAD", "slower", "--md")
    assert re.search(rf"\| {re.escape(LR)} +\| 0.0002 +\| 0.0001 +\|", compared)


def test_plots_show_draws_the_losses_of_each_experiment_by_epoch(experiment):
    plots = json.loads(experiment.run("dvc", "plots", "show", "--json"))
    assert "errors" not in plots
    assert sorted(plots["data"]) == [
        f"reports/tiny/losses/{run.removesuffix('/0').replace('-', '/', 1)}.csv" for run in ALL
    ]
    [plot] = plots["data"]["reports/tiny/losses/ucsd/facades-noskip.csv"]
    drawn = {(p["field"], p["epoch"]): float(p["dvc_inferred_y_value"]) for p in plot["content"]["data"]["values"]}
    with (experiment.run_folder("ucsd-facades-noskip/0") / "history.csv").open() as file:
        steps = list(csv.DictReader(file))  # one per epoch
    assert len(drawn) == 3 * len(steps) == 6
    for row in steps:
        for column, term in (("d", "discriminator"), ("g_gan", "generator"), ("g_reconstruction", "reconstruction")):
            assert drawn[term, str(int(row["epoch"]) + 1)] == pytest.approx(float(row[column]), rel=1e-5)


def test_plots_diff_writes_a_page_that_git_ignores(experiment):
    experiment.run("dvc", "plots", "diff")
    assert (experiment.folder / "dvc_plots/index.html").read_text().count("facades-l1.csv") >= 1
    assert "dvc_plots" not in experiment.run("git", "status", "--short")


def test_dvc_pull_of_one_chapter_is_enough_to_work_on_it(versioned, tmp_path):
    clone = versioned.clone(tmp_path / "a project")
    clone.run("dvc", "pull", "chapter@ucsd")
    assert not (clone.folder / "data/own/tiny").exists() and not (clone.folder / "data/prepared").exists()
    assert NOTHING_TO_DO in clone.snakemake("ucsd")
    assert COMPARED in clone.run("dvc", "metrics", "show")
    clone.run("dvc", "pull", "--with-deps", "chapter@ucsd")
    assert "up to date" in clone.run("dvc", "repro", "chapter@ucsd")

    clone.run("dvc", "pull", "data")
    clone.set_lr("facades-l1", 0.001)
    clone.snakemake("ucsd")
    assert clone.trained() == [UCSD]
