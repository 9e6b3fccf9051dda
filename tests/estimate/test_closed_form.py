"""FLOPs written down by hand against those that the real step is counted to take."""

from pathlib import Path

import pytest

from pixcycle import config, runs
from pixcycle.estimate.closed_form import image_flops
from pixcycle.estimate.flops import WITHOUT_COST, step_cost
from tests.conftest import tiny_experiment

ROOT = Path(__file__).parents[2]


def architectures():
    """Every experiment of params.yaml at full scale, one for each that costs something else."""
    experiments = dict(runs.resolved(config.load(ROOT / "params.yaml"), "full"))
    different = {e.model_dump_json(exclude=WITHOUT_COST): id for id, e in experiments.items()}
    return [pytest.param(experiments[id], id=id) for id in different.values()]


@pytest.mark.parametrize("experiment", architectures())
def test_every_architecture_of_the_reports_costs_what_its_real_step_is_counted_to_take(experiment):
    assert image_flops(experiment) == step_cost(experiment).flops


@pytest.mark.parametrize(
    "settings",
    [
        {"patch": 1},
        {"patch": 1, "conditional": False},
        {"patch": 70, "crop_size": 32},
        {"crop_size": 8},
        {"generator": "resnet6", "crop_size": 24},
        {"generator": "resnet6", "upsampling": "resize"},
    ],
)
@pytest.mark.parametrize("method", ["pix2pix", "cyclegan"])
def test_so_do_those_that_none_of_them_has(method, settings):
    experiment = tiny_experiment(method, **settings)
    assert image_flops(experiment) == step_cost(experiment).flops
