import pytest

from pixcycle.params.checks import unbuildable
from tests.conftest import tiny_experiment


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ({"crop_size": 16, "batch_size": 1}, ["batch_size"]),
        ({"crop_size": 16, "batch_size": 2}, []),
        ({"crop_size": 32, "batch_size": 1}, []),
        ({"crop_size": 16, "batch_size": 1, "norm": "instance"}, []),
    ],
)
def test_unbuildable_refuses_batch_norm_of_one_number_in_patch_46(settings, fields):
    e = tiny_experiment(patch=46, **{"load_size": 32, **settings})
    assert [field for field, _ in unbuildable(e)] == fields
