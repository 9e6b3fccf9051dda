import dataclasses
import hashlib

import pytest
import torch
import torchvision

from pixcycle.metrics.extractors import EXTRACTORS


@pytest.fixture(scope="session")
def inception_weights():
    """Return random weights with the names of pytorch-fid's file.

    They are those of torchvision's InceptionV3 with 1008 classes and no auxiliary head, whose blocks pytorch-fid
    replaces by others with the same parameters. No batch norm is the identity.
    """
    torch.manual_seed(0)
    network = torchvision.models.inception_v3(num_classes=1008, aux_logits=False, init_weights=False)
    for norm in network.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            for values, low, high in (
                (norm.weight, 2.0, 4.0),
                (norm.bias, -0.5, 0.5),
                (norm.running_mean, -0.5, 0.5),
                (norm.running_var, 0.5, 2.0),
            ):
                torch.nn.init.uniform_(values, low, high)
    return network.state_dict()


@pytest.fixture
def expect_as_published(monkeypatch):
    """Make the file at a path pass for the published weights, which cannot be part of the tests."""

    def expect(path):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        spec = dataclasses.replace(EXTRACTORS["inception-v3"], weights_sha256=digest)
        monkeypatch.setitem(EXTRACTORS, "inception-v3", spec)

    return expect
