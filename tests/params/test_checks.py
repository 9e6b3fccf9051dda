import pytest

from pixcycle.params.checks import unbuildable, undrawable
from tests.conftest import tiny_experiment


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
