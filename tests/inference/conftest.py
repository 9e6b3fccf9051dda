"""Finished runs for the tests of trained generators, made without training."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from pixcycle.base.files import write_json
from pixcycle.methods.networks import generator_of
from pixcycle.methods.registry import METHODS
from pixcycle.params.experiment import Experiment
from pixcycle.training.checkpoint import write_final


@pytest.fixture
def finished(tmp_path) -> Callable[..., Path]:
    """Make the folder of a run with torch's initial weights, whose outputs vary more than those of ours."""

    def finish(e: Experiment, seed: int = 0, name: str = "results/demo/ucsd/tiny/0-12345678") -> Path:
        torch.manual_seed(7)
        weights = {}
        for generator in METHODS[e.method].generators(e).values():
            network = generator_of(e)
            for layer in network.modules():
                if isinstance(layer, nn.BatchNorm2d):  # like after some training
                    layer.running_mean.normal_(std=0.1)
                    layer.running_var.uniform_(0.01, 0.1)
            weights |= {f"{generator}.{key}": value.contiguous() for key, value in network.state_dict().items()}
        run = tmp_path / name
        run.mkdir(parents=True)
        write_final(run, weights, e)
        write_json(run / "run.json", {"seed": seed, "status": "finished"})
        return run

    return finish
