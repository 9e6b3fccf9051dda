import re

import pytest
import yaml

from pixcycle.base.errors import UserError
from pixcycle.params.load import check_params
from pixcycle.plan.make import make_plan
from pixcycle.plan.scales import remarks
from tests.support import ROOT

RESNET = {"method": "cyclegan", "dataset": "horse2zebra", "generator": "resnet9", "norm": "instance", "n_epochs": 100}
RESNET |= {"dropout": False, "conditional": False}


@pytest.fixture
def tree():
    """Params with a ResNet at 300 pixels, which scale small halves to 150, and a mistake that only scale small has."""
    tree = yaml.safe_load((ROOT / "params.yaml").read_text())
    tree["experiments"] = {"kth": {"wide": RESNET | {"crop_size": 300, "load_size": 330}}}
    tree["scales"] = {name: tree["scales"][name] | {"experiments": [], "most_epochs": {}} for name in ("full", "small")}
    tree["scales"]["small"]["stand_ins"] = {}
    return tree


def config(tree):
    return make_plan(check_params(tree), ROOT).runs["kth-wide/0"].config


def test_make_plan_at_full_ignores_what_scale_small_cannot_build(tree):
    tree["scales"]["small"]["resolution"] = 0.05  # a PatchGAN of 70 pixels judges no image of 16
    assert config(tree).crop_size == 300
    with pytest.raises(UserError, match=r"kth\.wide\.patch at scale small"):
        config(tree | {"scale": "small"})


def test_scaled_rounds_crop_size_to_one_that_the_network_accepts(tree):
    e = config(tree | {"scale": "small"})
    assert (e.crop_size, e.load_size) == (148, 163)
    tree["experiments"]["kth"]["wide"] |= {"generator": "unet", "crop_size": 256, "load_size": 286}
    tree["scales"]["small"]["resolution"] = 0.4
    e = config(tree | {"scale": "small"})
    assert (e.crop_size, e.load_size) == (128, 143)


def test_scaled_rounds_crop_size_of_cogan_to_a_power_of_two():
    tree = yaml.safe_load((ROOT / "params.yaml").read_text()) | {"scale": "small"}
    tree["scales"]["small"]["resolution"] = 0.75
    params = check_params(tree)
    runs = make_plan(params, ROOT).runs
    assert [(e.crop_size, e.load_size) for e in (runs[f"kaist-maps{n}/0"].config for n in ("", "-cogan"))] == [
        (192, 214),
        (128, 143),
    ]
    told = "scale small: crop_size 192 becomes 128, the nearest size that cogan accepts (kaist-maps-cogan)"
    assert told in list(remarks(params))


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("maps", "feature_network", "vgg16"),
        ("maps-simgan", "feature_network", "vgg16"),
        ("maps-simgan", "lambda_identity", 0.5),
        ("maps-feature-loss", "inversion_steps", 10),
        ("maps-bigan", "discriminators", 1),
        ("maps-bigan", "lambda_reconstruction", 7),
        ("maps-cogan", "generator", "resnet9"),
        ("maps-cogan", "norm", "instance"),
        ("maps-cogan", "patch", 16),
        ("maps-cogan", "pool_size", 50),
        ("maps-cogan", "lambda_reconstruction", 7),
    ],
)
def test_make_plan_refuses_settings_that_a_method_does_not_use(name, field, value):
    tree = yaml.safe_load((ROOT / "params.yaml").read_text())
    experiment = tree["experiments"]["kaist"][name]
    experiment[field] = value
    told = f"kaist.{name}.{field}: not used by {experiment['method']}; remove it"
    with pytest.raises(UserError, match=re.escape(told)):
        make_plan(check_params(tree), ROOT)


def test_make_plan_refuses_a_wrong_crop_size_at_scale_full(tree):
    tree["experiments"]["kth"]["wide"]["crop_size"] = 301
    with pytest.raises(UserError, match=r"kth\.wide\.crop_size: .*multiple of 4"):
        config(tree)


def test_remarks_name_roundings_and_mistakes_of_other_scales(tree):
    tree["scales"]["tiny"] = tree["scales"]["small"] | {"resolution": 0.05}
    small, *tiny = remarks(check_params(tree))
    assert small.startswith("scale small: crop_size 150 becomes 148, ") and small.endswith("(kth-wide)")
    assert any(line.startswith("scale tiny: patch: ") for line in tiny)
    assert not any("patch" in line for line in remarks(check_params(tree | {"scale": "tiny"})))


def test_check_says_which_target_is_only_one_experiment_of_its_group(tree, tmp_path, monkeypatch, pixcycle):
    monkeypatch.chdir(tmp_path)
    tree["experiments"]["kth"]["wide-again"] = tree["experiments"]["kth"]["wide"]
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(tree))
    _, out, _ = pixcycle("check")
    assert "kth-wide (not kth-wide-again)" in out


def test_committed_params_need_no_remarks():
    tree = yaml.safe_load((ROOT / "params.yaml").read_text())
    assert not list(remarks(check_params(tree)))


def test_show_and_check_say_what_a_scale_rounded(tree, tmp_path, monkeypatch, pixcycle):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(tree))
    for command in (["check"], ["show", "kth-wide", "--scale", "small"]):
        code, out, _ = pixcycle(*command)
        assert code == 0 and "crop_size 150 becomes 148" in out
