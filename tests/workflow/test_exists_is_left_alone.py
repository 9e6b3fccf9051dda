"""What exists is left alone, and what is missing is made: after losses, edits, forced rules and foreign profiles."""

import json
import shutil

import pytest

from tests.workflow.conftest import NOTHING_TO_DO, Project, make_pairs

L1, L2 = "ucsd-mine-l1/0", "ucsd-mine-l2/0"
REPORT = "report all"


def made(run: str) -> list[str]:
    """Return the jobs that make a run and its numbers."""
    return [f"evaluate {run}", f"train {run}", f"translate {run}"]


EDITED = sorted([*made(L2), REPORT])
"""The jobs that the edit of `edit` requires."""


@pytest.fixture(scope="module")
def finished(new_project, made_once) -> Project:
    """A project in which both experiments on the user's own pairs are finished."""

    def add(tree):
        base = tree["experiments"]["ucsd"]["facades-l1"]
        size = {"load_size": 64, "crop_size": 64, "filters": 8, "batch_size": 2, "n_epochs": 2, "n_epochs_decay": 0}
        settings = dict(base) | size | {"dataset": "mine", "sample_epochs": []}
        mine = {name: settings | {"l1": l1, "l2": l2} for name, l1, l2 in (("mine-l1", 100, 0), ("mine-l2", 0, 100))}
        tree["experiments"]["ucsd"] |= mine
        sources = [{"locations": ["data/own/mine"]}]
        tree["datasets"]["mine"] = tree["datasets"]["tiny"] | {"title": "My pairs", "sources": sources}
        experiments = [f"ucsd-{name}" for name in mine]
        tree["scales"]["tiny"] = {
            "title": "mine",
            "extractor": "efficientnet-lite0",
            "experiments": experiments,
            "coded": [],
        }

    def make(folder):
        project = new_project.copy(folder)
        make_pairs(folder / "data/own/mine", seed=2, train=4, test=4)
        project.edit(add)
        project.snakemake()

    return made_once("finished", make)


@pytest.fixture
def project(finished, tmp_path) -> Project:
    project = finished.copy(tmp_path / "a project")
    project.done()
    return project


def edit(project: Project) -> None:
    project.set_lr("mine-l2", 0.001)


def lose(project: Project, pattern: str) -> None:
    [path] = project.folder.glob(pattern)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def to_do(project: Project) -> list[str]:
    """Return the trainings that `pixcycle runs` lists as missing."""
    entries = json.loads(project.run("pixcycle", "runs", "--json"))
    return [f"train {entry['run']}" for entry in entries if entry["state"] == "to do"]


def trainings(jobs: list[str]) -> list[str]:
    return [job for job in jobs if job.startswith("train ")]


def test_finished_project_has_nothing_to_do(project):
    assert NOTHING_TO_DO in project.snakemake("-n")


@pytest.mark.parametrize(
    ("lost", "missing"),
    [
        ("reports/tiny/report.pdf", ["prepare mine", REPORT]),
        ("results/tiny/ucsd/mine-l1/metrics-*", [f"evaluate {L1}", "prepare mine"]),
        ("results/tiny/ucsd/mine-l1/translated-*", ["prepare mine", f"translate {L1}"]),
        ("results/tiny/ucsd/mine-l1/0-*", ["prepare mine", f"train {L1}"]),
        ("data/features", []),
        ("data/raw", []),
    ],
    ids=["report", "metrics", "translations", "run", "features", "raw"],
)
def test_lost_output_and_purged_data_remake_only_what_is_missing(project, lost, missing):
    lose(project, "data/prepared")
    lose(project, lost)
    planned = project.planned()
    assert planned == missing
    assert to_do(project) == trainings(planned)


def test_edited_run_and_purged_data_train_only_that_run(project):
    lose(project, "data/prepared")
    edit(project)
    planned = project.planned()
    assert planned == sorted([*EDITED, "prepare mine"])
    assert to_do(project) == trainings(planned)
    project.snakemake()
    assert project.done() == planned
    assert NOTHING_TO_DO in project.snakemake("-n") and to_do(project) == []


def test_added_seed_and_lost_features_evaluate_only_that_seed(project):
    lose(project, "data/features")
    new = [*made("ucsd-mine-l1/1"), *made("ucsd-mine-l2/1")]
    planned = project.planned("--config", "seeds=[0,1]")
    assert planned == sorted([*new, "features efficientnet-lite0", REPORT])
    project.snakemake("--config", "seeds=[0,1]")
    assert project.done() == planned


@pytest.mark.parametrize(
    ("rule", "forced"),
    [("prepare", "prepare mine"), ("fetch", "fetch mine"), ("real_features", "features efficientnet-lite0")],
)
def test_forced_data_rule_runs_and_edited_run_is_trained(project, rule, forced):
    assert project.planned("-R", rule) == [forced]
    edit(project)
    planned = project.planned("-R", rule)
    assert planned == sorted([*EDITED, forced])
    project.snakemake("-R", rule)
    assert project.done() == planned
    assert NOTHING_TO_DO in project.snakemake("-n")


def test_forced_train_remakes_a_lost_report(project):
    lose(project, "reports/tiny/report.pdf")
    assert project.planned("-R", "train") == [REPORT, f"train {L1}", f"train {L2}"]


def test_forced_evaluate_makes_its_lost_inputs(project):
    lose(project, "data/prepared")
    lose(project, "results/tiny/ucsd/mine-l1/translated-*")
    expected = [f"evaluate {L1}", f"evaluate {L2}", "prepare mine", f"translate {L1}"]
    assert project.planned("-R", "evaluate") == expected
    project.snakemake("-R", "evaluate")
    assert project.done() == expected


def test_forceall_plans_every_job(project):
    data = ["fetch mine", "prepare mine", "features efficientnet-lite0"]
    assert project.planned("-F") == sorted([*data, *made(L1), *made(L2), REPORT])


FOREIGN = [
    *(("--workflow-profile", profile) for profile in ("profiles/gpu", "profiles/slurm", "none")),
    *(("--rerun-triggers", trigger) for trigger in ("params", "input", "code")),
]


@pytest.mark.parametrize("options", FOREIGN, ids=" ".join)
def test_other_profile_or_triggers_plan_only_the_edited_run(project, options):
    folder = project.run_folder(L1).relative_to(project.folder)
    assert project.planned(*options, "--", str(folder), "reports/tiny/report.pdf") == []
    edit(project)
    assert project.planned(*options) == EDITED


def test_workflow_profile_trains_the_edited_run_in_one_call(project):
    edit(project)
    project.snakemake("--workflow-profile", "profiles/gpu")
    assert project.done() == EDITED
    assert project.planned("--workflow-profile", "profiles/gpu") == []
