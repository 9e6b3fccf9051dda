"""Jobs that read the user's own files after the workflow was planned, on a cluster hours after."""

import shutil

import pytest

from pixcycle.params.load import check_params
from pixcycle.plan.make import make_plan
from tests.workflow.conftest import make_pairs, tiny_params

OWN = "data/own/tiny"


@pytest.fixture
def planned(tmp_path, monkeypatch):
    """A project with planned jobs on the user's own folder; returns the node of its data."""
    monkeypatch.chdir(tmp_path)
    make_pairs(tmp_path / OWN, seed=0)
    make_pairs(tmp_path / "data/own/other", seed=1)
    plan = make_plan(check_params(tiny_params()))
    (tmp_path / "plan.json").write_text(plan.model_dump_json())
    [node] = [node for node in plan.data.values() if node.dataset == "tiny"]
    return node


@pytest.fixture
def job(pixcycle):
    return lambda step, *arguments: pixcycle("job", step, *arguments, "--plan", "plan.json", "--out", f"{step}ed")


def replace_an_image(folder):
    shutil.copy(folder / OWN / "test/1.png", folder / OWN / "test/0.png")


def test_fetch_refuses_own_files_that_changed_after_planning(planned, job, tmp_path):
    replace_an_image(tmp_path)
    code, _, message = job("fetch", "tiny")
    assert code == 2 and message.startswith(f"pixcycle: tiny: {OWN} changed after Snakemake had planned with it")
    assert not (tmp_path / "fetched").exists() and message.count("\n") == 1
    make_pairs(tmp_path / "again", seed=0)
    shutil.copy(tmp_path / "again/test/0.png", tmp_path / OWN / "test/0.png")
    assert job("fetch", "tiny")[0] == 0


def test_prepare_refuses_own_files_that_changed_after_planning(planned, job, tmp_path):
    assert job("fetch", "tiny")[0] == 0
    replace_an_image(tmp_path)
    code, _, message = job("prepare", planned.key, "--raw", "fetched")
    assert code == 2 and f"tiny: {OWN} changed after Snakemake had planned with it" in message
    assert not (tmp_path / "prepareed").exists()


def test_prepare_accepts_own_files_that_stayed_as_planned(planned, job, tmp_path):
    assert job("fetch", "tiny")[0] == job("prepare", planned.key, "--raw", "fetched")[0] == 0
    assert (tmp_path / "prepareed/manifest.json").exists()
