"""The two readings of an experiment: its report's text, and its report's own code."""

import pytest
import yaml

from pixcycle.base.errors import UserError
from pixcycle.params.experiment import Experiment
from pixcycle.params.load import check_params
from pixcycle.params.origins import origins
from pixcycle.plan.make import make_plan
from pixcycle.plan.runs import Plan
from tests.support import ROOT

L1 = "ucsd-facades-l1"


def planned(coded: dict, **changes) -> Plan:
    """Return the plan of two experiments, of which the first has `coded` settings."""
    tree = yaml.safe_load((ROOT / "params.yaml").read_text()) | {"scale": "demo"}
    tree |= {name: value for name, value in changes.items() if name != "of_scale"}
    tree["scales"] = {"demo": tree["scales"]["demo"] | {"coded": None} | changes.get("of_scale", {})}
    tree["scales"]["demo"]["experiments"] = [L1, "ucsd-facades-noskip"]
    for name in ("facades-l1", "facades-noskip"):
        tree["experiments"]["ucsd"][name]["coded"] = coded if name == "facades-l1" else {}
    return make_plan(check_params(tree), ROOT)


def test_coded_reading_is_a_run_of_its_own_that_changes_no_name():
    plan = planned({"beta1": 0.9})
    assert list(plan.runs) == [f"{L1}/0", f"{L1}@coded/0", "ucsd-facades-noskip/0"]
    written, coded = plan.runs[f"{L1}/0"], plan.runs[f"{L1}@coded/0"]
    assert (written.config.beta1, coded.config.beta1) == (0.5, 0.9)
    assert written.folder == planned({}).runs[f"{L1}/0"].folder != coded.folder


def test_readings_with_equal_settings_share_one_run():
    assert list(planned({"beta1": 0.5}).runs) == [f"{L1}/0", "ucsd-facades-noskip/0"]


def test_readings_of_params_and_of_a_scale_choose_what_is_run():
    coded = {"beta1": 0.9}
    assert list(planned(coded, readings=["written"]).runs) == [f"{L1}/0", "ucsd-facades-noskip/0"]
    assert list(planned(coded, readings=["coded"]).runs) == [f"{L1}@coded/0", "ucsd-facades-noskip/0"]
    assert list(planned(coded, of_scale={"coded": []}).runs) == [f"{L1}/0", "ucsd-facades-noskip/0"]
    assert list(planned(coded, of_scale={"coded": [L1]}).runs)[1] == f"{L1}@coded/0"
    only_coded = planned(coded, readings=["coded"], of_scale={"coded": []})
    assert list(only_coded.runs) == ["ucsd-facades-noskip/0"]  # not L1 as written, which nobody asked for


def test_target_of_an_experiment_selects_both_readings_and_each_has_one():
    plan = planned({"beta1": 0.9})
    assert [run.key for run in plan.select(L1)] == [f"{L1}/0", f"{L1}@coded/0"]
    assert [run.key for run in plan.select(f"{L1}@coded")] == [f"{L1}@coded/0"]


@pytest.mark.parametrize(
    ("coded", "names"),
    [
        ({"beta": 0.9}, ["facades-l1.coded.beta", "beta1"]),
        ({"lr": "fast"}, ["facades-l1.coded.lr"]),
        ({"dataset": "facade"}, ["facades-l1.coded.dataset", "facades"]),
        ({"patch": 286, "crop_size": 64}, ["facades-l1, as coded: patch at scale demo: "]),
        ({"method": "cogan"}, ["facades-l1, as coded: first_dropout_block at scale demo: not used by cogan"]),
    ],
)
def test_mistake_in_coded_settings_is_told_at_its_field(coded, names):
    with pytest.raises(UserError) as error:
        planned(coded)
    assert len(str(error.value).splitlines()) == 1
    assert all(name in str(error.value) for name in names)


def test_origins_of_an_additional_experiment_are_ours():
    added = Experiment(method="pix2pix", dataset="facades", n_epochs=0, stated=["n_epochs"], extra="a control")
    assert set(origins(added).values()) == {"ours"}


def test_origins_tell_stated_from_assumed_and_from_code():
    experiment = planned({"beta1": 0.9}).params.experiments["ucsd"]["facades-l1"]
    assert (origins(experiment)["beta1"], origins(experiment)["filters"]) == ("stated", "assumed")
    assert (origins(experiment, coded=True)["beta1"], origins(experiment, coded=True)["lr"]) == ("from code", "stated")
    assert origins(experiment)["log_every"] == "ours"
