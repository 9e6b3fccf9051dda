import copy
import hashlib
import shutil

import pytest
import yaml

from pixcycle.params.load import check_params
from pixcycle.plan.make import make_plan
from pixcycle.report.fingerprint import report_fingerprints
from tests.support import ROOT


@pytest.fixture
def tree():
    return yaml.safe_load((ROOT / "params.yaml").read_text()) | {"scale": "full"}


def names(tree, root=ROOT):
    return report_fingerprints(make_plan(check_params(copy.deepcopy(tree)), ROOT), root)


def renamed(before, after):
    return {selection for selection in before if before[selection] != after[selection]}


def in_ucsd(selections):
    return {"all"} | {selection for selection in selections if selection.split("-")[0] == "ucsd"}


def test_report_fingerprints_are_distinct_for_selections_with_runs(tree):
    demo = names(tree | {"scale": "demo"})
    assert set(demo) == {
        *("all", "ucsd", "ucsd-facades"),
        *("ucsd-facades-l1", "ucsd-facades-noskip", "ucsd-facades-cyc-l1", "ucsd-facades-cyc-l1@coded"),
        "ucsd-facades-untrained",
    }
    assert len(set(demo.values())) == len(demo)


@pytest.mark.parametrize("edit", [{"lr": 0.0001}, {"label": "in other words"}])
def test_report_fingerprints_of_chapter_change_with_its_experiments(tree, edit):
    before = names(tree)
    tree["experiments"]["ucsd"]["facades-l2"] |= edit
    assert renamed(before, names(tree)) == in_ucsd(before)


def test_report_fingerprints_all_change_with_another_seed(tree):
    before = names(tree)
    assert renamed(before, names(tree | {"seeds": [0, 1]})) == set(before)


@pytest.mark.parametrize(
    "edit",
    [
        lambda tree: tree["datasets"]["facades"].update(title="Fronts"),
        lambda tree: tree["chapters"]["kth"].update(title="Another title"),
        lambda tree: tree["scales"]["full"].update(title="at full size"),
        lambda tree: tree["segmenter"].update(min_accuracy=0.5),
    ],
    ids=["dataset", "chapter", "scale", "min_accuracy"],
)
def test_report_fingerprints_all_change_with_shared_words_and_limits(tree, edit):
    before = names(tree)
    edit(tree)
    assert renamed(before, names(tree)) == set(before)


def test_report_fingerprints_ignore_the_title_of_another_scale(tree):
    before = names(tree)
    tree["scales"]["small"]["title"] = "smaller"
    assert names(tree) == before


def test_report_fingerprints_all_change_with_a_transcribed_table(tree, tmp_path):
    for checkout in ("same", "corrected"):
        shutil.copytree(ROOT / "reports/published", tmp_path / checkout / "reports/published")
    (tmp_path / "corrected/reports/published/ucsd-table-1.csv").write_text("corrected")
    before = names(tree)
    assert names(tree, tmp_path / "same") == before
    assert renamed(before, names(tree, tmp_path / "corrected")) == set(before)


def test_report_fingerprints_hash_bytes_linear_in_experiments(tree, monkeypatch):
    sha256, hashed = hashlib.sha256, []
    monkeypatch.setattr(hashlib, "sha256", lambda content=b"": hashed.append(len(content)) or sha256(content))
    section = tree["experiments"]["kth"]

    def bytes_hashed(copies):
        names_of_copies = {f"{name}-{i}": settings for name, settings in section.items() for i in range(copies)}
        hashed.clear()
        names(tree | {"experiments": {"kth": names_of_copies}, "scales": {"full": tree["scales"]["full"]}})
        return sum(hashed)

    bytes_hashed(1)  # the code and tables that all reports share are hashed once
    few, twice, fourfold = (bytes_hashed(copies) for copies in (4, 8, 16))
    assert fourfold - twice < 2.1 * (twice - few)


def test_dvc_chapter_stage_depends_on_the_whole_package():
    deps = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]["chapter"]["do"]["deps"]
    assert [path for path in deps if path.startswith("src/")] == ["src/pixcycle"]
