import copy

import pytest
import yaml
from lightning_fabric import Fabric

from pixcycle.base.errors import UserError
from pixcycle.estimate.duration import steps_and_batch
from pixcycle.methods.registry import METHODS
from pixcycle.params.load import check_params
from pixcycle.plan.make import make_plan
from pixcycle.plan.names import RECIPE, features_key
from pixcycle.plan.runs import Plan
from pixcycle.plan.scales import resolved
from tests.support import ROOT


@pytest.fixture
def tree():
    return yaml.safe_load((ROOT / "params.yaml").read_text()) | {
        "scale": "small",
        "seeds": [0, 1],
        "readings": ["written"],
    }


def plan(tree):
    return make_plan(check_params(copy.deepcopy(tree)), ROOT)


def folders(tree):
    return {key: run.folder for key, run in plan(tree).runs.items()}


def renamed(before, after):
    return {key for key in before if before[key] != after[key]}


def on_facades(tree):
    return {key for key, run in plan(tree).runs.items() if run.config.dataset == "facades"}


def number_of_pools(e):
    """Return how many pools of images the experiment's method has in training, with networks of one filter."""
    if not e.pool_size:
        return 0
    method = METHODS[e.method](e.model_copy(update={"filters": 1}), Fabric(accelerator="cpu", devices=1), seed=0)
    return len(method.pools)


def test_run_folder_names_scale_experiment_seed_and_fingerprint(tree):
    run = plan(tree).runs["ucsd-facades-l1/1"]
    assert run.folder == f"results/small/ucsd/facades-l1/1-{run.fingerprint}"
    assert len(run.fingerprint) == 8


def test_changed_learning_rate_renames_only_runs_of_that_experiment(tree):
    before = folders(tree)
    tree["experiments"]["ucsd"]["facades-l2"]["lr"] = 0.0001
    assert renamed(before, folders(tree)) == {"ucsd-facades-l2/0", "ucsd-facades-l2/1"}


def test_changed_label_or_assumption_renames_no_run(tree):
    before = folders(tree)
    tree["experiments"]["ucsd"]["facades-l2"] |= {"label": "other", "assumes": {"lr": "because"}}
    assert folders(tree) == before


def test_recipe_of_pools_renames_only_runs_with_two_pools(tree, monkeypatch):
    before = folders(tree)
    monkeypatch.setitem(RECIPE, "pools", 0)
    configs = {key: run.config for key, run in plan(tree).runs.items()}
    with_pools = {key for key, e in configs.items() if number_of_pools(e) == 2}
    assert {"kaist-maps/0", "kaist-maps-bigan/0"} <= with_pools
    assert renamed(before, folders(tree)) == with_pools


def test_changed_archive_renames_only_runs_on_its_dataset(tree):
    before = folders(tree)
    tree["datasets"]["facades"]["sources"][0]["content"] = "0" * 64
    assert renamed(before, folders(tree)) == on_facades(tree)


def test_changed_location_of_an_archive_renames_no_run(tree):
    before = folders(tree)
    tree["datasets"]["facades"]["sources"][0]["locations"] = ["/somewhere/else/facades.tar.gz"]
    tree["mirror"] = "file:///mirror"
    assert folders(tree) == before


def test_changed_neighbours_rename_metrics_but_no_run(tree):
    before, metrics = folders(tree), plan(tree).runs["ucsd-facades-l1/0"].metrics
    tree["neighbours"] = 5
    assert folders(tree) == before
    assert plan(tree).runs["ucsd-facades-l1/0"].metrics != metrics


def test_replaced_image_in_a_user_folder_renames_only_its_runs(tree, tmp_path):
    (tmp_path / "train").mkdir()
    image = tmp_path / "train" / "1.png"
    image.write_bytes(b"first")
    tree["datasets"]["mine"] = {
        "title": "mine",
        "layout": "side_by_side",
        "sources": [{"locations": [str(tmp_path)]}],
        "splits": {"train": ["train"], "test": ["test"]},
        "licence": "my own",
    }
    tree["experiments"]["ucsd"]["mine-l1"] = tree["experiments"]["ucsd"]["facades-l1"] | {"dataset": "mine"}
    before = folders(tree)
    image.write_bytes(b"other")
    assert renamed(before, folders(tree)) == {"ucsd-mine-l1/0", "ucsd-mine-l1/1"}


def test_scale_multiplies_settings_and_keeps_their_differences(tree):
    e = plan(tree).runs["ucsd-facades-patch16/0"].config
    assert (e.crop_size, e.load_size, e.filters, e.patch) == (
        128,
        143,
        tree["scales"]["small"]["filters"] * 64,
        16,
    )
    assert plan(tree).runs["ucsd-facades-untrained/0"].config.n_epochs == 0


def test_first_size_scales_and_renames_data_of_its_experiment_only(tree):
    before = {key: run.data for key, run in plan(tree).runs.items()}
    tree["experiments"]["kaist"]["maps"]["first_size"] = 128
    after = plan(tree)
    assert renamed(before, {key: run.data for key, run in after.runs.items()}) == {"kaist-maps/0", "kaist-maps/1"}
    assert after.data[after.runs["kaist-maps/0"].data].spec["first_size"] == 64


def test_stretched_intensities_rename_data_of_their_experiment_only(tree):
    before = {key: run.data for key, run in plan(tree).runs.items()}
    tree["experiments"]["kaist"]["maps"]["intensities"] = "stretched"
    after = plan(tree)
    assert renamed(before, {key: run.data for key, run in after.runs.items()}) == {"kaist-maps/0", "kaist-maps/1"}
    assert after.data[after.runs["kaist-maps/0"].data].spec["intensities"] == "stretched"
    tree["experiments"]["kaist"]["cityscapes"]["intensities"] = "stretched"
    with pytest.raises(UserError, match=r"kaist\.cityscapes\.intensities .*: stretching changes the colours"):
        plan(tree)


@pytest.mark.parametrize(
    "settings", [{"augmentation": "once"}, {"pair_jitter": "independent"}, {"flip_draw": "whole_training"},
                 {"last_batch": "kept"}, {"shuffle_buffer": 9}]
)  # fmt: skip
def test_settings_of_draws_rename_their_runs_but_no_data(tree, settings):
    before, data = folders(tree), {key: run.data for key, run in plan(tree).runs.items()}
    tree["experiments"]["ucsd"]["facades-l1"] |= settings
    assert renamed(before, folders(tree)) == {"ucsd-facades-l1/0", "ucsd-facades-l1/1"}
    assert {key: run.data for key, run in plan(tree).runs.items()} == data


def test_plan_selects_all_a_chapter_a_group_or_an_experiment(tree):
    p = plan(tree)
    facades = {r.id for r in p.select("ucsd-facades")}
    assert len(facades) == 10 and all("facades" in id for id in facades)
    assert {r.id for r in p.select("ucsd-facades-l1")} == {"ucsd-facades-l1"}
    assert {r.chapter for r in p.select("ucsd")} == {"ucsd"}
    assert len(p.select("all")) == len(p.runs) > len(p.select("ucsd")) == 2 * 29


def test_plan_select_ignores_experiments_that_share_only_a_prefix(tree):
    tree["experiments"]["ucsd"]["facades-l1-slow"] = tree["experiments"]["ucsd"]["facades-l1"] | {"lr": 0.0001}
    assert {r.id for r in plan(tree).select("ucsd-facades-l1")} == {"ucsd-facades-l1"}


def test_plan_select_prefers_an_experiment_to_a_group(tree):
    assert {r.id for r in plan(tree).select("wustl-cezanne2photo")} == {"wustl-cezanne2photo"}


def test_plan_names_experiments_that_a_target_of_the_same_name_lacks(tree):
    assert plan(tree).hidden == {
        "kth-horse2zebra": ["kth-horse2zebra-resize"],
        "wustl-cezanne2photo": ["wustl-cezanne2photo-lambda1"],
        "wustl-photo2cezanne": ["wustl-photo2cezanne-lambda1"],
        "kaist-maps": [f"kaist-maps-{method}" for method in ("cogan", "bigan", "simgan", "feature-loss")],
    }


def test_plan_selects_no_runs_of_a_chapter_without_experiments(tree):
    assert plan(tree | {"scale": "demo"}).select("kth") == []


def test_replaced_user_archive_renames_only_runs_on_its_dataset(tree, tmp_path):
    archive = tmp_path / "pairs.zip"
    archive.write_bytes(b"first")
    tree["datasets"]["facades"]["sources"] = [{"locations": [str(archive)]}]
    before = folders(tree)
    archive.write_bytes(b"other")
    assert renamed(before, folders(tree)) == on_facades(tree)


def test_changed_titles_and_domain_names_rename_no_run(tree):
    before = folders(tree)
    tree["datasets"]["facades"] |= {"title": "Fronts", "domains": ["front", "parts"], "published": {"train": 1}}
    assert folders(tree) == before


def test_run_records_the_dataset_that_a_stand_in_replaces(tree):
    run = plan(tree | {"scale": "demo"}).runs["ucsd-facades-l1/0"]
    assert (run.asked_dataset, run.config.dataset) == ("facades", "earth")


def test_plan_json_round_trip(tree):
    p = plan(tree)
    assert Plan.model_validate_json(p.model_dump_json()) == p


def test_changed_inference_setting_renames_translations_but_no_run(tree):
    before = plan(tree).runs
    tree["experiments"]["paris"]["maps-map2aerial"]["inference_dropout"] = False
    after = plan(tree).runs
    assert {run.folder for run in before.values()} == {run.folder for run in after.values()}
    renamed_keys = {key for key in before if before[key].translated != after[key].translated}
    assert renamed_keys == {"paris-maps-map2aerial/0", "paris-maps-map2aerial/1"}


def test_sample_epochs_and_most_epochs_scale_with_the_run(tree):
    config = {key: run.config for key, run in plan(tree | {"scale": "rehearsal"}).runs.items()}
    assert config["kth-horse2zebra/0"].n_epochs == 4
    assert config["kth-horse2zebra/0"].sample_epochs == [1, 2, 3, 4]
    assert (config["kaist-maps/0"].n_epochs, config["kaist-maps/0"].n_epochs_decay) == (4, 4)
    assert config["wustl-cezanne2photo/0"].n_epochs == 8


def test_most_epochs_of_an_experiment_prevail_over_those_of_its_chapter(tree):
    tree["scales"]["small"]["most_epochs"] = {"kaist": 10, "kaist-maps-cogan": 30}
    epochs = {key: run.config.epochs for key, run in plan(tree).runs.items()}
    assert (epochs["kaist-maps/0"], epochs["kaist-maps-cogan/0"]) == (10, 30)
    tree["scales"]["small"]["most_epochs"] = {"kaist-map": 10}
    with pytest.raises(UserError, match=r"scales\.small\.most_epochs: .*'kaist-map'"):
        plan(tree)


def test_cogan_at_small_takes_as_large_a_share_of_its_steps_as_cyclegan(tree):
    shares = {}
    for id in ("kaist-maps", "kaist-maps-cogan"):
        ours, published = (dict(resolved(check_params(tree), scale))[id] for scale in ("small", "full"))
        images = {"train": (1096, 1096)}
        shares[id] = steps_and_batch(ours, images)[0] / steps_and_batch(published, images)[0]
    assert shares["kaist-maps"] == 0.12 and shares["kaist-maps-cogan"] == pytest.approx(0.12, rel=0.01)


def test_changed_segmenter_renames_metrics_only_of_runs_with_classes(tree):
    tree["scale"] = "full"
    before = plan(tree).runs
    tree["segmenter"]["steps"] += 1
    after = plan(tree).runs
    datasets = {run.asked_dataset for key, run in before.items() if run.metrics != after[key].metrics}
    assert datasets == {"cityscapes", "cityscapes-unpaired"}
    tree["segmenter"]["min_accuracy"] = 0.1
    assert plan(tree).runs == after
    assert all(run.translated == after[key].translated for key, run in before.items())


def test_features_key_is_shared_by_all_runs_on_a_prepared_dataset(tree):
    tree["scale"] = "full"
    planned = plan(tree)
    features = {key: features_key(run.data, run.extractor) for key, run in planned.runs.items()}
    assert len(set(features.values())) == len(planned.data) < len(planned.runs) / 6
    assert features["ucsd-facades-l1/0"] == features["ucsd-facades-l2/1"]
    assert features["ucsd-facades-l1/0"] != features["ucsd-maps-l1/0"]
