import pytest

from pixcycle.models.generators.registry import GENERATORS
from pixcycle.params.checks import unbuildable, undrawable
from tests.conftest import tiny_experiment


def all_mistakes(e):
    return [*GENERATORS[e.generator].mistakes(e), *unbuildable(e)]


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ({"crop_size": 16, "batch_size": 1}, ["batch_size"]),
        ({"crop_size": 16, "batch_size": 2}, []),
        ({"crop_size": 16, "batch_size": 2, "last_batch": "kept"}, ["last_batch"]),
        ({"crop_size": 32, "batch_size": 2, "last_batch": "kept"}, []),
        ({"crop_size": 32, "batch_size": 1}, []),
        ({"crop_size": 16, "batch_size": 1, "norm": "instance"}, []),
    ],
)
def test_unbuildable_refuses_batch_norm_of_one_number_in_patch_46(settings, fields):
    e = tiny_experiment(patch=46, **{"load_size": 32, **settings})
    assert [field for field, _ in unbuildable(e)] == fields


NETWORKS = {
    "ucsd": {"generator": "unet", "patch": 16},
    "wustl": {"generator": "resnet6_short", "patch": 46, "dropout": False},
    "kth": {"generator": "resnet9", "patch": 16},
}
"""Networks that each report's code has; the first_dropout_block of a U-Net is the default."""


def refused(**settings):
    return [field for field, _ in all_mistakes(tiny_experiment(load_size=32, crop_size=32, **settings))]


@pytest.mark.parametrize("layers", NETWORKS)
@pytest.mark.parametrize("networks", NETWORKS)
def test_layers_of_a_report_go_with_its_own_networks_only(layers, networks):
    assert refused(layers="authors", **NETWORKS[networks]) == []
    assert (refused(layers=layers, **NETWORKS[networks]) == []) == (layers == networks)


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ({"batch_size": 1}, []),
        ({"inference_norm": "batch"}, ["inference_norm"]),
    ],
)
def test_layers_ucsd_refuse_batch_statistics_at_inference(settings, fields):
    e = tiny_experiment(layers="ucsd", **settings)
    assert [field for field, _ in all_mistakes(e)] == fields


def test_unbuildable_refuses_published_weights_with_layers_of_a_report():
    e = tiny_experiment(layers="ucsd", filters=64, load_size=286, crop_size=256, published_weights="theirs")
    assert [field for field, _ in unbuildable(e)] == ["published_weights"]


@pytest.mark.parametrize(
    ("settings", "pairs", "classes", "fields"),
    [
        ({"pair_jitter": "independent"}, True, False, []),
        ({"pair_jitter": "independent"}, False, False, ["pair_jitter"]),
        ({"flip_draw": "whole_training"}, True, False, []),
        ({"flip_draw": "whole_training", "flip": False}, True, False, ["flip_draw"]),
        ({"last_batch": "kept"}, True, False, []),
        ({"last_batch": "kept_by_domain"}, True, False, ["last_batch"]),
        ({"last_batch": "kept_by_domain"}, False, False, ["last_batch"]),
        ({"last_batch": "kept_by_domain", "epoch_length": "smaller"}, False, False, []),
        ({"intensities": "stretched"}, True, False, []),
        ({"intensities": "stretched"}, True, True, ["intensities"]),
    ],
)
def test_undrawable_refuses_settings_that_contradict_each_other(settings, pairs, classes, fields):
    assert [field for field, _ in undrawable(tiny_experiment(**settings), pairs, classes)] == fields
