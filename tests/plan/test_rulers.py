"""Names and networks of rulers: a chapter's ruler renames its metrics only, and stand-ins replace its network."""

import copy

import pytest
import yaml

from pixcycle.params.load import check_params
from pixcycle.plan.make import make_plan
from tests.support import ROOT


@pytest.fixture
def tree():
    return yaml.safe_load((ROOT / "params.yaml").read_text())


def plan(tree, **changed):
    return make_plan(check_params(copy.deepcopy(tree) | changed), ROOT)


def test_ruler_renames_only_the_metrics_of_its_chapter(tree):
    before = plan(tree).runs
    del tree["chapters"]["ucsd"]["ruler"], tree["chapters"]["ucsd"]["calibration"]
    after = plan(tree).runs
    renamed = {before[key].chapter for key in before if before[key].metrics != after[key].metrics}
    assert renamed == {"ucsd"}
    assert all(before[key].translated == after[key].translated for key in before)


@pytest.mark.parametrize(
    ("scale", "extractor", "expected"),
    [
        ("full", None, "inception-v3-imagenet"),
        ("full", "efficientnet-lite0", "efficientnet-lite0"),
        ("small", None, "efficientnet-lite0"),
        ("small", "inception-v3", "inception-v3"),  # scales without published weights download none of the ruler's
        ("demo", None, "efficientnet-lite0"),
    ],
)
def test_ruler_extractor_stands_in_where_its_weights_are_not_downloaded(tree, scale, extractor, expected):
    runs = plan(tree, scale=scale, extractor=extractor).runs.values()
    assert {run.ruler_extractor for run in runs if run.chapter == "ucsd"} == {expected}
    ucsd = [run for run in runs if run.chapter == "ucsd"]
    needed = {"inception-v3-imagenet"} if expected == "inception-v3-imagenet" else set()
    assert all(set(run.metric_weights) == needed for run in ucsd)
    assert all((run.ruler, run.ruler_extractor) == (None, None) for run in runs if run.chapter != "ucsd")


def test_ruler_goes_without_its_network_if_params_remove_the_weights(tree):
    del tree["weights"]["inception-v3-imagenet"]
    assert plan(tree).runs["ucsd-maps-l1/0"].ruler_extractor == "inception-v3"


def test_ruler_with_other_weights_renames_metrics_and_calibration(tree):
    before = plan(tree)
    tree["weights"]["inception-v3-imagenet"]["md5"] = "0" * 32
    after = plan(tree)
    assert before.runs["ucsd-maps-l1/0"].metrics != after.runs["ucsd-maps-l1/0"].metrics
    assert before.calibrations["ucsd"].path != after.calibrations["ucsd"].path


def test_calibrations_of_a_selection_are_those_of_its_datasets(tree):
    full = plan(tree)
    node = full.calibrations["ucsd"]
    assert node.path == f"results/full/ucsd/calibration-{node.fingerprint}.json"
    shown = {name: full.calibrations_of(name) for name in ("ucsd", "ucsd-cityscapes-l2", "ucsd-maps", "kth-cityscapes")}
    assert shown == {"ucsd": [node], "ucsd-cityscapes-l2": [node], "ucsd-maps": [], "kth-cityscapes": []}


@pytest.mark.parametrize("scale", ["rehearsal", "demo"])
def test_calibrations_need_no_download_at_scales_that_work_offline(tree, scale):
    assert plan(tree, scale=scale).calibrations == {}
