import re
import sys

import pytest
import yaml

from pixcycle.base.errors import UserError
from pixcycle.cli.targets import refuse_unknown, requested, without_experiments
from pixcycle.params.load import check_params
from pixcycle.plan.make import make_plan
from tests.support import ROOT

RULES = ["all", "data", "train"]


@pytest.fixture(scope="module")
def demo():
    return make_plan(check_params(yaml.safe_load((ROOT / "params.yaml").read_text()) | {"scale": "demo"}), ROOT)


@pytest.mark.parametrize(
    "target",
    ["all", "ucsd", "kth", "ucsd-facades", "ucsd-facades-l1", "data", "results/demo/ucsd/x", "/a/b", "./data/x"],
)
def test_refuse_unknown_accepts_targets_rules_and_paths(demo, target):
    refuse_unknown([target], RULES, demo)


@pytest.mark.parametrize(
    ("target", "phrase"),
    [
        ("ucsd-facade-l1", "unknown target 'ucsd-facade-l1'; did you mean 'ucsd-facades-l1'?"),
        ("ucsd-facades-l1/0", "unknown target 'ucsd-facades-l1/0'; did you mean 'ucsd-facades-l1'?"),
        ("kth-horse2zebra", "kth-horse2zebra is not part of scale demo, but of full, small, rehearsal: snakemake "),
        ("kaist-maps", "kaist-maps is not part of scale demo, but of full"),
        ("ucsd-maps", "ucsd-maps is not part of scale demo, but of full"),
    ],
)
def test_refuse_unknown_names_the_nearest_target_or_its_scales(demo, target, phrase):
    with pytest.raises(UserError) as refusal:
        refuse_unknown(["all", target], RULES, demo)
    assert str(refusal.value).startswith(phrase) and "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("readings", "coded", "phrase"),
    [
        (["written"], {"beta1": 0.9}, "readings leaves it out; add --config 'readings=[written,coded]'"),
        (["written", "coded"], {"beta1": 0.5}, "the same settings as written at scale demo; its target is ucsd-"),
    ],
)
def test_refuse_unknown_says_why_a_reading_is_no_target(readings, coded, phrase):
    tree = yaml.safe_load((ROOT / "params.yaml").read_text()) | {"scale": "demo", "readings": readings}
    tree["experiments"]["ucsd"]["facades-cyc-l1"] |= {"coded": coded, "settled": []}
    with pytest.raises(UserError, match=re.escape(phrase)):
        refuse_unknown(["ucsd-facades-cyc-l1@coded"], RULES, make_plan(check_params(tree), ROOT))


def test_without_experiments_names_the_scales_that_have_the_chapter(demo):
    assert without_experiments(["ucsd", "train", "results/demo/x", "ucsd-facades-l1"], demo) == []
    [line] = without_experiments(["wustl", "ucsd"], demo)
    having = [
        name
        for name, scale in demo.params.scales.items()
        if not scale.experiments or any(id.startswith("wustl-") for id in scale.experiments)
    ]
    listed = ", ".join(having)
    assert line == f"wustl is not part of scale demo, but of {listed}: snakemake wustl --config scale={having[0]}"


def test_without_experiments_tells_of_a_chapter_that_no_scale_has(demo):
    params = demo.params.model_copy(update={"chapters": demo.params.chapters | {"mine": demo.params.chapters["kth"]}})
    [line] = without_experiments(["mine"], make_plan(params, ROOT))
    assert line.startswith("mine is not part of scale demo or any other")


def test_requested_returns_targets_wherever_they_stand():
    command = ["/bin/snakemake", "ucsd", "-np", "--config", "scale=demo", "--resources", "gpu=2", "--", "kth"]
    assert requested(command) == ["ucsd", "kth"]
    assert requested(["/bin/snakemake", "-n"]) == requested(sys.argv) == []
